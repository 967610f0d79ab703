/** The page's style: system fonts, two palettes, nothing fetched. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fbfaf8, #14161a);
  --sheet: light-dark(#ffffff, #1c1f25);
  --ink: light-dark(#22252b, #e6e4df);
  --soft: light-dark(#6a6f78, #979ca6);
  --line: light-dark(#e4e1db, #2d3139);
  --code: light-dark(#f5f3ef, #15171b);
  --good: light-dark(#1a7f4b, #58c98b);
  --good-wash: light-dark(#e6f4ec, #17291f);
  --bad: light-dark(#b3261e, #ff8a80);
  --bad-wash: light-dark(#fbeae8, #331b1a);
  --warn: light-dark(#96640a, #e2b35c);
  --warn-wash: light-dark(#faf1de, #2e2514);
  --accent: light-dark(#2f5bb7, #8fb1ff);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", Menlo, Consolas, monospace;
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
* { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.55;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main, .bar > div { max-width: 66rem; margin: 0 auto; padding: 0 1.5rem; }
a { color: var(--accent); text-underline-offset: .18em; }
code, pre, kbd { font-family: var(--mono); font-size: .86em; }
h2 { font-size: 1.15rem; margin: 3rem 0 1rem; letter-spacing: -.01em; }
h2 small { font-weight: 400; color: var(--soft); margin-left: .4em; }
.bar { position: sticky; top: 0; z-index: 2; background: color-mix(in srgb, var(--ground) 88%, transparent);
  backdrop-filter: blur(8px); border-bottom: 1px solid var(--line); }
.bar > div { display: flex; align-items: center; gap: 1rem; height: 3.4rem; }
.mark { font-weight: 650; letter-spacing: -.02em; }
.bar .when { color: var(--soft); font-size: .9rem; flex: 1; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
button, input { font: inherit; color: inherit; }
button { cursor: pointer; border: 1px solid var(--line); background: var(--sheet); border-radius: .5rem; padding: .25rem .7rem; font-size: .88rem; }
button:hover { border-color: var(--soft); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.hero { margin-top: 2.5rem; padding: 2rem 2.2rem; background: var(--sheet); border: 1px solid var(--line);
  border-left: .45rem solid var(--tone); border-radius: .9rem; }
.hero p { margin: .4rem 0 0; color: var(--soft); max-width: 48rem; overflow-wrap: anywhere; }
.hero h1 { margin: 0; font-size: clamp(1.9rem, 5vw, 2.9rem); line-height: 1.15; letter-spacing: -.03em; color: var(--tone); }
.hero .who { color: var(--ink); margin-bottom: .3rem; }
.good { --tone: var(--good); --wash: var(--good-wash); } .bad { --tone: var(--bad); --wash: var(--bad-wash); }
.warn { --tone: var(--warn); --wash: var(--warn-wash); } .none { --tone: var(--soft); --wash: var(--code); }
.stack { display: block; width: 100%; height: .6rem; border-radius: 1rem; margin: 1.6rem 0 .8rem; }
.stack rect { fill: var(--tone); }
.tally { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; list-style: none; margin: 0; padding: 0; font-size: .95rem; }
.tally b { color: var(--tone); font-size: 1.25rem; font-variant-numeric: tabular-nums; margin-right: .3em; }
table { border-collapse: collapse; width: 100%; font-size: .94rem; }
th { text-align: left; font-weight: 500; color: var(--soft); }
th, td { padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
.pill { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .82rem; font-weight: 550;
  color: var(--tone); background: var(--wash); white-space: nowrap; }
.note { padding: .7rem 1rem; border-radius: .6rem; background: var(--wash); color: var(--tone); margin: .5rem 0; overflow-wrap: anywhere; }
.case { background: var(--sheet); border: 1px solid var(--line); border-radius: .8rem; margin: 0 0 1rem; overflow: hidden; }
.case.bad { border-left: .3rem solid var(--bad); }
.case > header { padding: 1.1rem 1.4rem 0; }
.case h3 { margin: 0; font-size: 1.08rem; letter-spacing: -.01em; }
.case h3 small, .row .title small { color: var(--soft); font-weight: 400; margin-left: .6em; }
.case h3 code, .row code.id { color: var(--soft); font-weight: 500; margin-right: .5em; }
.meta { color: var(--soft); font-size: .86rem; margin: .15rem 0 0; overflow-wrap: anywhere; }
.body { padding: .6rem 1.4rem 1.3rem; }
.steps { list-style: none; margin: .6rem 0; padding: 0; }
.steps li { padding: .1rem 0 .1rem 1.7rem; position: relative; overflow-wrap: anywhere; }
.steps li::before { position: absolute; left: 0; width: 1.2rem; text-align: center; color: var(--tone); content: "·"; font-weight: 700; }
.steps li.good::before { content: "✓"; } .steps li.bad::before { content: "✗"; }
.steps li.none { color: var(--soft); } .steps b { font-weight: 600; margin-right: .35em; }
.steps li.bad { color: var(--bad); }
.message { margin: .9rem 0; padding: .7rem 1rem; background: var(--bad-wash); color: var(--bad); border-radius: .6rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: .9rem; }
@media (max-width: 44rem) { .sides { grid-template-columns: 1fr; } }
figure { margin: 0; min-width: 0; }
figcaption { font-size: .8rem; color: var(--soft); margin-bottom: .2rem; }
pre { margin: 0; padding: .8rem 1rem; background: var(--code); border-radius: .6rem; overflow: auto; max-height: 26rem; white-space: pre-wrap; overflow-wrap: anywhere; }
pre mark { background: var(--wash); color: var(--tone); border-radius: .2rem; }
.hint { margin: .9rem 0 0; color: var(--soft); overflow-wrap: anywhere; } .hint b { color: var(--ink); font-weight: 600; }
details { margin-top: .9rem; } details > summary { cursor: pointer; color: var(--soft); font-size: .92rem; }
details > summary:hover { color: var(--ink); }
.wire { margin: .6rem 0; } .wire h4 { margin: 0 0 .3rem; font-size: .9rem; font-weight: 500; display: flex; gap: .7rem; align-items: baseline; flex-wrap: wrap; }
.again { display: flex; gap: .6rem; align-items: center; margin-top: 1.1rem; }
.again pre { flex: 1; padding: .5rem .8rem; }
.tools { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: 1rem; }
.tools input { flex: 1; min-width: 14rem; padding: .4rem .8rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--sheet); }
.tools button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); }
.row { border-bottom: 1px solid var(--line); margin: 0; }
.row > summary { display: flex; gap: .8rem; align-items: baseline; padding: .5rem .2rem; color: var(--ink); list-style: none; font-size: .97rem; }
.row > summary::-webkit-details-marker { display: none; }
.row > summary .title { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.row > summary:hover { background: color-mix(in srgb, var(--line) 35%, transparent); }
.row .body { padding: 0 .2rem 1rem; }
.row .ms { color: var(--soft); font-size: .82rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.group { margin: 1.6rem 0 .3rem; font-size: .86rem; color: var(--soft); font-weight: 550; letter-spacing: .02em; }
.empty { color: var(--soft); padding: 1rem 0; }
footer { color: var(--soft); font-size: .86rem; margin: 3rem 0 2.5rem; }
[hidden] { display: none !important; }
@media print { .bar, .tools, .again button { display: none; } .hero, .case { break-inside: avoid; } }
`;
