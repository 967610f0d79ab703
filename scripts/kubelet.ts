/**
 * Holds the simulated kubelet against recordings of a real one on a CSI driver's socket: the calls of each volume in
 * order, their context, deadlines and codes, the gaps of back-off and republish, what pods and events showed.
 *
 * usage: npm run kubelet [-- [--json] [FOLDER]]   the recordings that the tests have, or a folder of others in their form
 *        npm run kubelet -- --kubeconfig FILE [--context NAME] [--yes] [--image IMAGE] [--out FOLDER] [EXPERIMENT …]
 *                       plays experiments on a real node's kubelet first, with a recording driver in a pod there
 *
 * Ends with 1 for a difference that docs/kubelet-differences.md does not explain, with 3 where there is no recording.
 */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ExitCode, reportError } from "../cli/exit.ts";
import { compare, type Difference } from "../clusters/embedded/kubelet/testing/compare.ts";
import { KNOWN, SEEDS } from "../clusters/embedded/kubelet/testing/known.ts";
import { type RecordedCall, type Recording, readRecording } from "../clusters/embedded/kubelet/testing/recording.ts";
import { replay } from "../clusters/embedded/kubelet/testing/replay.ts";
import { flagsOf } from "./flags.ts";

type Row = {
  readonly name: string;
  readonly calls: { readonly real: number; readonly simulated: number };
  /** The longest gap between two calls of one volume, in seconds: back-off, or republish. */
  readonly longestGap: { readonly real: number; readonly simulated: number };
  readonly explained: readonly Difference[];
  readonly unexplained: readonly Difference[];
};

const { values: flags, positionals } = flagsOf(import.meta.filename, {
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    kubeconfig: { type: "string" },
    context: { type: "string" },
    yes: { type: "boolean", default: false },
    image: { type: "string", default: "mountproof/recorder:e2e" },
    out: { type: "string" },
  },
});
const [given] = flags.kubeconfig === undefined ? positionals : [];
const folder =
  given === undefined
    ? new URL("../clusters/embedded/kubelet/fixtures/", import.meta.url)
    : pathToFileURL(`${resolve(given)}/`);

const code = await main().catch((error: unknown) => reportError(error, (text) => process.stderr.write(text)));
// An interrupted recording still has timers and connections.
if (code === ExitCode.interrupted) process.exit(code);
process.exitCode = code;

async function main(): Promise<number> {
  const all = await toCompare();
  if (all.size === 0) {
    process.stderr.write(`error: there is no recording (*.ndjson) in ${folder.pathname}\n`);
    return 3;
  }
  const rows: Row[] = [];
  for (const [name, real] of all) {
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
    if (!flags.json) process.stdout.write(textOf(rows.at(-1) as Row));
  }
  const failed = rows.filter(({ unexplained }) => unexplained.length > 0).length;
  process.stdout.write(
    flags.json ? `${JSON.stringify(rows, null, 2)}\n` : `${rows.length - failed} passed, ${failed} failed, 0 skipped\n`,
  );
  return failed === 0 ? 0 : 1;
}

async function toCompare(): Promise<Map<string, Recording>> {
  const { kubeconfig, context, yes, image, out } = flags;
  if (kubeconfig === undefined) return new Map(recordings().map((name) => [name, readRecording(name, folder)]));
  const { recordOnCluster, SHORT } = await import("./kubelet-live.ts");
  const names = positionals.length === 0 ? SHORT : positionals;
  const tell = (line: string): boolean => process.stderr.write(`${line}\n`);
  const more = { ...(context !== undefined && { context }), ...(out !== undefined && { out }) };
  return await recordOnCluster({ kubeconfig, yes, image, names, tell, ...more });
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
