/**
 * `npm run soak`: runs the suite in many orders, and cases many times, and prints who failed. Nothing may fail once.
 *
 *   npm run soak -- --orders 20 --profile DRIVER-NODE PROVIDER-GRPC
 *   npm run soak -- --repeats 100 --id VT-34 PC-32a
 *
 * Each order is a run of its own with a seed of its own, so that a failure can be repeated by the line it prints.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { flagsOf } from "./flags.ts";

const MAIN = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));
/** Node collects what a run leaves behind at its end: a long one is cut into runs of so many repeats. */
const REPEATS_A_RUN = 25;

type Row = { readonly what: string; runs: number; executions: number; seconds: number; readonly failures: string[] };

const { values, positionals } = flagsOf(import.meta.filename, {
  options: {
    orders: { type: "string", default: "0" },
    repeats: { type: "string", default: "0" },
    profile: { type: "string", multiple: true, default: [] },
    id: { type: "string", multiple: true, default: [] },
    seed: { type: "string", default: "1" },
  },
  allowPositionals: true,
});
// `--profile A B`: what follows the last named flag belongs to it.
const lastFlag = process.argv.findLast((word) => word === "--profile" || word === "--id");
const profiles = [...values.profile, ...(lastFlag === "--profile" ? positionals : [])];
const ids = [...values.id, ...(lastFlag === "--id" ? positionals : [])];
const orders = Number(values.orders);
const repeats = Number(values.repeats);
if (!(orders > 0 || (repeats > 0 && ids.length > 0))) {
  console.error(
    "error: say --orders N, or --repeats N with --id CASE…\n  hint: the head of scripts/soak.ts has examples",
  );
  process.exit(3);
}

const folder = await mkdtemp(join(tmpdir(), "mountproof-soak-"));
const rows: Row[] = [];
try {
  for (const profile of profiles.length > 0 || orders === 0 ? profiles : ["everything"]) {
    const row = begin(`${profile}, ${orders} orders`);
    const flags = profile === "everything" ? [] : ["--profile", profile];
    for (let order = 0; order < orders; order++) await run(row, flags, Number(values.seed) + order);
  }
  for (const id of ids) {
    const row = begin(`${id}, ${repeats} times`);
    for (let left = repeats, seed = Number(values.seed); left > 0; left -= REPEATS_A_RUN, seed++)
      await run(row, ["--id", id, "--repeat", String(Math.min(left, REPEATS_A_RUN))], seed);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
print(rows);
process.exitCode = rows.some(({ failures }) => failures.length > 0) ? 1 : 0;

function begin(what: string): Row {
  const row: Row = { what, runs: 0, executions: 0, seconds: 0, failures: [] };
  rows.push(row);
  return row;
}

async function run(row: Row, flags: readonly string[], seed: number): Promise<void> {
  const argv = ["run", "--plain", "--seed", String(seed), "--out", folder, ...flags];
  const started = performance.now();
  const { code, lines } = await execute(argv);
  row.runs++;
  row.seconds += (performance.now() - started) / 1000;
  row.executions += lines.filter((line) => /^(ok|FAILED) /.test(line)).length;
  const failed = lines.filter((line) => line.startsWith("FAILED "));
  for (const line of failed) row.failures.push(`${line} (mountproof ${argv.slice(0, 4).join(" ")} ${flags.join(" ")})`);
  if (code !== 0 && failed.length === 0) row.failures.push(`exit ${code}: ${lines.slice(-3).join(" | ")}`);
  process.stderr.write(`${row.what}: ${row.runs} runs, ${row.failures.length} failures\n`);
}

function execute(argv: readonly string[]): Promise<{ readonly code: number; readonly lines: string[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, lines: Buffer.concat(chunks).toString().split("\n") }));
  });
}

function print(all: readonly Row[]): void {
  const width = Math.max(...all.map(({ what }) => what.length));
  for (const { what, runs, executions, seconds, failures } of all) {
    console.log(
      `${what.padEnd(width)}  ${runs} runs  ${executions} executions  ${Math.round(seconds)} s  ${failures.length} failed`,
    );
    for (const failure of failures) console.log(`  ${failure}`);
  }
}
