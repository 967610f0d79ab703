import { createHash } from "node:crypto";
import { escapeMarkup as text } from "../escape.ts";
import { type CaseResult, causeLines, type Report, summaryLine, type Verdict, type VerdictRow } from "../model.ts";
import { caseCard, caseRow, TONES } from "./case.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/**
 * report.html: one file that needs no network and no server. The verdict stands first, then what failed, then
 * everything. The content security policy admits this page's own style and script and nothing else.
 */
export function reportHtml(report: Report): string {
  const headline = headlineOf(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; img-src data:; base-uri 'none'; form-action 'none'">
<link rel="icon" href="data:,">
<title>${text(headline.title)} · Mountproof</title>
<style>${STYLE}</style>
</head>
<body>
<header class="bar"><div><span class="mark">Mountproof</span><span class="when">${text(whenLine(report))}</span><button type="button" id="theme" hidden>Light / dark</button></div></header>
<main>
${hero(report, headline)}
${findings(report)}
${verdictTable(report.verdicts)}
${failures(report.cases)}
${skips(report.cases)}
${catalogue(report.cases)}
${about(report)}
<footer>${text(`${report.tool.name} ${report.tool.version}, Node ${report.tool.node}, ${report.tool.platform}`)}. A skipped case is never counted as passed.</footer>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

type Headline = { readonly title: string; readonly tone: string; readonly reason: string };

const VERDICT_TONES: Readonly<Record<Verdict, string>> = {
  conformant: "good",
  "not conformant": "bad",
  inconclusive: "warn",
};

/** The one sentence a reader takes away: the worst of the verdicts. */
function headlineOf(report: Report): Headline {
  if (report.findings.some((finding) => finding.kind === "secret-shown"))
    return { title: "A secret showed", tone: "bad", reason: "See the findings below." };
  for (const verdict of ["not conformant", "inconclusive", "conformant"] as const) {
    const rows = report.verdicts.filter((row) => row.verdict === verdict);
    const [first] = rows;
    if (first === undefined) continue;
    const title = verdict.charAt(0).toUpperCase() + verdict.slice(1);
    const reason =
      rows.length === 1
        ? `${first.profile}: ${first.reason}.`
        : `${rows.length} of ${report.verdicts.length} verdicts: ${[...new Set(rows.map((row) => row.profile))].join(", ")}.`;
    return { title, tone: VERDICT_TONES[verdict], reason };
  }
  return { title: "Nothing ran", tone: "warn", reason: "The plan held no case." };
}

function hero(report: Report, headline: Headline): string {
  const { passed, failed, skipped, waived } = report.summary;
  const parts = [
    ["passed", passed, "good"],
    ["failed", failed, "bad"],
    ["skipped", skipped, "warn"],
    ["waived", waived, "none"],
  ] as const;
  const shown = parts.filter(([name, count]) => count > 0 || name !== "waived");
  const who = report.subjects.map((subject) => `<code>${text(subject.title)}</code>`).join(", ");
  return `<section class="hero ${headline.tone}" aria-label="${text(summaryLine(report.summary))}">
<p class="who">${who}</p>
<h1>${text(headline.title)}</h1>
<p>${text(headline.reason)}</p>
${shares(parts.map(([, count, tone]) => ({ count, tone })))}
<ul class="tally">${shown.map(([name, count, tone]) => `<li class="${count === 0 ? "none" : tone}"><b>${count}</b>${name}</li>`).join("")}</ul>
</section>`;
}

/** A bar of the shares. As SVG, since the policy allows no style attributes. */
function shares(parts: readonly { readonly count: number; readonly tone: string }[]): string {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  let x = 0;
  const pieces = parts
    .filter(({ count }) => count > 0)
    .map(({ count, tone }) => {
      const width = (1000 * count) / total;
      const piece = `<rect class="${tone}" x="${x.toFixed(1)}" y="0" width="${Math.max(4, width - 3).toFixed(1)}" height="10"/>`;
      x += width;
      return piece;
    });
  return `<svg class="stack" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${pieces.join("")}</svg>`;
}

function findings(report: Report): string {
  if (report.findings.length === 0) return "";
  return `<h2>Findings</h2>${report.findings
    .map((finding) => `<p class="note ${finding.fails ? "bad" : "warn"}">${text(finding.message)}</p>`)
    .join("")}`;
}

function verdictTable(rows: readonly VerdictRow[]): string {
  if (rows.length < 2) return "";
  const lines = rows.map(
    (row) =>
      `<tr><td>${text(row.profile)}</td><td>${text(row.subject)}</td><td>${text(row.behaviour)}</td><td><span class="pill ${VERDICT_TONES[row.verdict]}">${row.verdict}</span></td><td>${text(row.reason)}</td></tr>`,
  );
  return `<h2>Verdicts</h2><table><thead><tr><th>Profile</th><th>Subject</th><th>Behaviour</th><th>Verdict</th><th>Why</th></tr></thead><tbody>${lines.join("")}</tbody></table>`;
}

function failures(cases: readonly CaseResult[]): string {
  const failed = cases.filter((one) => one.status === "failed");
  const waived = cases.filter((one) => one.status === "waived");
  const section = (title: string, list: readonly CaseResult[]): string =>
    list.length === 0 ? "" : `<h2>${title}<small>${list.length}</small></h2>${list.map(caseCard).join("")}`;
  const causes = causeLines(cases).map((line) => `<p class="note warn">${text(line)}</p>`);
  return causes.join("") + section("What failed", failed) + section("What was waived", waived);
}

function skips(cases: readonly CaseResult[]): string {
  const byReason = new Map<string, CaseResult[]>();
  for (const one of cases.filter((result) => result.status === "skipped"))
    byReason.set(one.reason ?? "", [...(byReason.get(one.reason ?? "") ?? []), one]);
  if (byReason.size === 0) return "";
  const lines = [...byReason].map(
    ([reason, list]) =>
      `<tr><td>${text(reason)}</td><td>${list.map((one) => `<code>${text(one.id)}</code>`).join(", ")}</td></tr>`,
  );
  return `<h2>What was skipped</h2><table><thead><tr><th>Reason</th><th>Cases</th></tr></thead><tbody>${lines.join("")}</tbody></table>`;
}

function catalogue(cases: readonly CaseResult[]): string {
  const groups = new Map<string, CaseResult[]>();
  for (const one of cases) {
    const key = `${one.profile} · ${one.subject}${one.behaviour === "hardened" ? "" : ` · ${one.behaviour}`}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const statuses = [...new Set(cases.map((one) => one.status))];
  const chips = statuses.map(
    (status) =>
      `<button type="button" class="${TONES[status]}" aria-pressed="false" data-status="${status}">${status}</button>`,
  );
  const lists = [...groups].map(
    ([name, list]) => `<section data-group><h3 class="group">${text(name)}</h3>${list.map(caseRow).join("")}</section>`,
  );
  return `<h2>All cases<small>${cases.length}</small></h2>
<div class="tools" id="tools" hidden><input id="search" type="search" placeholder="Filter by id, title, profile (press /)" aria-label="Filter cases">${chips.join("")}</div>
${lists.join("")}
<p class="empty" id="empty" hidden>No case matches.</p>`;
}

function about(report: Report): string {
  const { run } = report;
  const rows: readonly (readonly [string, string])[] = [
    ["Command", `<code>${text(run.command)}</code>`],
    ["Seed", `${run.seed}, ${run.order} order${run.repeat > 1 ? `, ${run.repeat} times` : ""}`],
    ["Tier", text(run.tier)],
    ...report.subjects
      .filter((subject) => subject.logFile !== undefined)
      .map(
        (subject) =>
          [
            `Log of ${text(subject.id)}`,
            `<a href="${text(encodeURI(subject.logFile ?? ""))}">${text(subject.logFile ?? "")}</a>`,
          ] as const,
      ),
    ...report.environment.map(
      ({ name, available, detail }) =>
        [
          text(name),
          `<span class="pill ${available ? "good" : "warn"}">${available ? "there" : "not there"}</span> ${text(detail)}`,
        ] as const,
    ),
  ];
  return `<h2>About this run</h2><table><tbody>${rows.map(([name, value]) => `<tr><th>${name}</th><td>${value}</td></tr>`).join("")}</tbody></table>`;
}

function whenLine(report: Report): string {
  const took = `${(report.run.durationMs / 1000).toFixed(1)} s`;
  return `${report.run.startedAt.replace("T", " ").replace(/\.\d+Z$/, " UTC")}, ${took}`;
}

/** As a content security policy names an inline block. */
function hashOf(content: string): string {
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}
