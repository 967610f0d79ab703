import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DEFECTS } from "../../driver/index.ts";
import { PROFILE_IDS } from "../profiles.ts";
import { SPOILERS } from "../spoilt-drivers/drivers.ts";
import { SPOILT_PROVIDERS } from "../spoilt-providers/index.ts";
import type { Judgement } from "./judge.ts";
import { KNOWN_DEFECTS } from "./known-defects.ts";

/**
 * `npm run judge`: every must-case on every null subject, and every one of a profile on every driver with one defect.
 * The tests show samples of both; this takes minutes. Ends with 1 when a case cannot fail or a defect shows elsewhere.
 * Arguments: profiles; all when left out.
 */
const asked = process.argv.slice(2);
const profiles = asked.length > 0 ? asked : PROFILE_IDS;
let isSound = true;
for (const profile of profiles) {
  await showNull(profile);
  const providers = SPOILT_PROVIDERS[profile];
  if (KNOWN_DEFECTS[profile] !== undefined) await showDrivers(profile, KNOWN_DEFECTS[profile]);
  if (providers !== undefined) await showDefects(profile, "providers", "defective-store-providers.ts", providers);
}
process.exitCode = isSound ? 0 : 1;

async function showNull(profile: string): Promise<void> {
  const all = await judgements("null-subjects.ts", [profile]);
  const subjects = [...new Set(all.map(({ subject }) => subject))];
  const ids = [...new Set(all.map(({ id }) => id))];
  const failing = (subject: string) => all.filter((one) => one.subject === subject && one.status === "failed").length;
  say(`${profile}: ${ids.length} cases on ${subjects.length} null subjects`);
  for (const subject of subjects) say(`  ${subject.padEnd(24)} ${failing(subject)} of ${ids.length} fail`);
  const uncaught = ids.filter((id) => !all.some((one) => one.id === id && one.status === "failed"));
  if (uncaught.length === 0) return;
  isSound = false;
  say(`  pass on all of them: ${uncaught.join(", ")}`);
}

async function showDrivers(profile: string, known: readonly string[]): Promise<void> {
  const ofField = DEFECTS.filter(({ id }) => known.includes(id));
  await showDefects(profile, "drivers", "defective-drivers.ts", [...ofField, ...(SPOILERS[profile] ?? [])]);
}

type Defect = { readonly id: string; readonly breaks: readonly string[] };

async function showDefects(profile: string, what: string, program: string, defects: readonly Defect[]): Promise<void> {
  const ids = defects.map(({ id }) => id);
  const all = await judgements(program, [profile, "none", ...ids]);
  say(`${profile}: ${ids.length} ${what} with one defect each, ${all.length} runs`);
  for (const id of ["none", ...ids]) {
    const mine = all.filter(({ subject }) => subject === id);
    const failed = mine.filter(({ status }) => status === "failed").map((one) => one.id);
    const breaks = defects.find((one) => one.id === id)?.breaks ?? [];
    const named = breaks.filter((one) => mine.some((shown) => shown.id === one));
    const others = failed.filter((one) => !named.includes(one));
    const silent = named.filter((one) => !failed.includes(one));
    if (others.length + silent.length > 0) isSound = false;
    const wrong = [...others.map((one) => `${one} fails too`), ...silent.map((one) => `${one} does not notice`)];
    say(`  ${id.padEnd(32)} ${failed.length} of ${mine.length} fail${wrong.length > 0 ? `: ${wrong.join(", ")}` : ""}`);
  }
}

async function judgements(program: string, args: readonly string[]): Promise<Judgement[]> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout) as Judgement[];
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
