/**
 * Holds the simulated kubelet against recordings of a real one on a CSI driver's socket: the calls of each volume in
 * order, their context, deadlines and codes, the gaps of back-off and republish, what pods and events showed.
 *
 * usage: npm run kubelet [-- [--json] [FOLDER]]   the recordings that the tests have, or a folder of others in their form
 *
 * Ends with 1 for a difference that docs/kubelet-differences.md does not explain, with 3 where there is no recording.
 */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compare, type Difference } from "../clusters/embedded/kubelet/testing/compare.ts";
import { KNOWN, SEEDS } from "../clusters/embedded/kubelet/testing/known.ts";
import { type RecordedCall, readRecording } from "../clusters/embedded/kubelet/testing/recording.ts";
import { replay } from "../clusters/embedded/kubelet/testing/replay.ts";

type Row = {
  readonly name: string;
  readonly calls: { readonly real: number; readonly simulated: number };
  /** The longest gap between two calls of one volume, in seconds: back-off, or republish. */
  readonly longestGap: { readonly real: number; readonly simulated: number };
  readonly explained: readonly Difference[];
  readonly unexplained: readonly Difference[];
};

const args = process.argv.slice(2);
const isJson = args.includes("--json");
const given = args.find((arg) => !arg.startsWith("--"));
const folder =
  given === undefined
    ? new URL("../clusters/embedded/kubelet/fixtures/", import.meta.url)
    : pathToFileURL(`${resolve(given)}/`);

process.exitCode = await main();

async function main(): Promise<number> {
  const names = recordings();
  if (names.length === 0) {
    process.stderr.write(`error: there is no recording (*.ndjson) in ${folder.pathname}\n`);
    return 3;
  }
  const rows: Row[] = [];
  for (const name of names) {
    const real = readRecording(name, folder);
    const simulated = await replay(real, SEEDS[name]);
    const differences = compare(real, simulated);
    const isKnown = ({ where }: Difference): boolean => KNOWN[name]?.includes(where) === true;
    rows.push({
      name,
      calls: { real: real.calls.length, simulated: simulated.calls.length },
      longestGap: { real: longestGap(real.calls), simulated: longestGap(simulated.calls) },
      explained: differences.filter(isKnown),
      unexplained: differences.filter((one) => !isKnown(one)),
    });
    if (!isJson) process.stdout.write(textOf(rows.at(-1) as Row));
  }
  const failed = rows.filter(({ unexplained }) => unexplained.length > 0).length;
  process.stdout.write(
    isJson ? `${JSON.stringify(rows, null, 2)}\n` : `${rows.length - failed} passed, ${failed} failed, 0 skipped\n`,
  );
  return failed === 0 ? 0 : 1;
}

function recordings(): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".ndjson"))
      .map((file) => file.replace(".ndjson", ""))
      .sort();
  } catch {
    return [];
  }
}

function longestGap(calls: readonly RecordedCall[]): number {
  const last = new Map<string, number>();
  let longest = 0;
  for (const { t, call, uid } of calls) {
    if (uid === undefined) continue;
    const key = `${uid} ${call}`;
    longest = Math.max(longest, t - (last.get(key) ?? t));
    last.set(key, t);
  }
  return Math.round(longest * 10) / 10;
}

function textOf({ name, calls, longestGap: gap, explained, unexplained }: Row): string {
  const verdict = unexplained.length === 0 ? "ok     " : "differs";
  const known = explained.length === 0 ? "" : `; explained: ${explained.map(({ where }) => where).join(", ")}`;
  const head = `${verdict} ${name}: ${calls.real} calls, simulated ${calls.simulated}; longest gap ${gap.real} s, simulated ${gap.simulated} s${known}\n`;
  return (
    head +
    unexplained
      .map(
        ({ where, real, simulated }) =>
          `        ${where}\n          real      ${real}\n          simulated ${simulated}\n`,
      )
      .join("")
  );
}
