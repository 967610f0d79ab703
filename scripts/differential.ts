/**
 * `npm run differential`: the embedded API server beside a real kube-apiserver, live. Random patches and scripts of
 * kubectl, Helm and curl run on both; status, reason, causes, warnings, objects and what is printed are compared.
 *
 * usage: npm run differential -- [--seeds 1-200] [--patches | --scripts [NAME]] [--record FILE]
 *
 * Ends with 0 when nothing differs that is not listed in docs/differences.md, 1 otherwise; without kube-apiserver and
 * etcd (KUBEBUILDER_ASSETS) it is skipped with that reason. `--record` keeps what the real server answered to the
 * patches of the seeds, one answer a line.
 */
import { writeFile } from "node:fs/promises";
import { whyNoOracles } from "../clusters/embedded/apiserver/testing/oracles.ts";
import { RealClock, Scope } from "../core/index.ts";
import { createRunFolder } from "../suite/run-folder.ts";
import { compareCommands } from "./differential/commands.ts";
import { isKnownPatch, isKnownStep } from "./differential/known.ts";
import { comparePatches } from "./differential/patches.ts";
import { startServers, startTheirControllers } from "./differential/servers.ts";
import { flagsOf } from "./flags.ts";

const { positionals, values } = flagsOf(import.meta.filename, {
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "1-200" },
    patches: { type: "boolean", default: false },
    scripts: { type: "boolean", default: false },
    record: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
const range = /^(\d+)(?:-(\d+))?$/.exec(values.seeds);
if (range === null) throw new Error(`--seeds "${values.seeds}" is no range: expected 7 or 1-200`);
const [from, to] = [Number(range[1]), Number(range[2] ?? range[1])];
const seeds = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);

const clock = new RealClock();
const scope = new Scope("differential");
const folder = await createRunFolder(scope);
let unknown = 0;
try {
  const servers = await startServers(folder, clock, scope);
  if (typeof servers === "string") console.log(`skipped: ${servers}`);
  else {
    if (!values.scripts) await patches(servers);
    if (!values.patches) await scripts(servers);
  }
} finally {
  await scope[Symbol.asyncDispose]();
}
process.exitCode = unknown === 0 ? 0 : 1;

type Servers = Exclude<Awaited<ReturnType<typeof startServers>>, string>;

async function patches(servers: Servers): Promise<void> {
  const { found, recorded, steps } = await comparePatches(servers, seeds, clock);
  const news = found.filter(({ differences, seed, step }) => !isKnownPatch(seed, step.body, differences));
  for (const { at, differences, seed, step } of news) {
    console.log(
      `\nseed ${seed}, step ${at}: ${step.method} ${step.path} ${step.contentType} ${JSON.stringify(step.query)}`,
    );
    console.log(`  ${JSON.stringify(step.body)}`);
    for (const difference of differences.slice(0, values.verbose ? 100 : 6)) console.log(`  ${difference}`);
  }
  if (values.record !== undefined)
    await writeFile(values.record, recorded.map((answer) => `${JSON.stringify(answer)}\n`).join(""));
  unknown += news.length;
  console.log(
    `patches: ${seeds.length} cases, ${steps} steps, ${found.length - news.length} known differences, ${news.length} others`,
  );
}

async function scripts(servers: Servers): Promise<void> {
  const reason = whyNoOracles();
  if (reason !== undefined) {
    console.log(`scripts: skipped: ${reason}`);
    return;
  }
  await startTheirControllers(servers, clock, scope);
  const { found, steps } = await compareCommands(servers, folder.path, positionals[0]);
  const news = found.filter(
    ({ command, embedded, real }) => !isKnownStep(`${command}\n${real.text}\n${embedded.text}`),
  );
  for (const { command, embedded, real, script } of news)
    console.log(
      `\n${script}: ${command}\n  real, ${real.code}:\n${indented(real.text)}\n  embedded, ${embedded.code}:\n${indented(embedded.text)}`,
    );
  unknown += news.length;
  const codes = found.filter(({ isCode }) => isCode).length;
  console.log(
    `scripts: ${steps} steps, ${codes} exit codes differ, ${found.length - codes} in their words, of these ${found.length - news.length} known`,
  );
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
