import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MountproofError, makeFolders, messageOf } from "../core/index.ts";
import type { Report } from "../reports/index.ts";
import type { ParityTable } from "../reports/parity/index.ts";
import { programPath } from "../suite/subjects/program-file.ts";
import type { DefineCommand } from "./define-command.ts";
import { ExitCode } from "./exit.ts";
import type { storeProvider as StoreProvider } from "./run/options.ts";

type ParityFlags = {
  readonly driver?: string;
  readonly provider?: readonly string[];
  readonly behaviour: string;
  readonly notes: string;
  readonly out: string;
};

/** Somebody else's program, and the cases that it and the reference part in its place are put through. */
type Comparison = { readonly name: string; readonly profiles: readonly string[]; readonly flags: readonly string[] };

const DRIVER_PROFILES = ["DRIVER-NODE", "DRIVER-SYNC", "DRIVER-ROTATION", "SECURITY", "OPERATIONS"];
const VARIABLES = {
  driver: "MOUNTPROOF_DRIVER_BIN",
  aws: "MOUNTPROOF_PROVIDER_AWS_BIN",
  azure: "MOUNTPROOF_PROVIDER_AZURE_BIN",
  gcp: "MOUNTPROOF_PROVIDER_GCP_BIN",
  vault: "MOUNTPROOF_PROVIDER_VAULT_BIN",
} as const;

/** `mountproof parity`: the same cases on the reference parts and on programs that are given, side by side. */
export const defineParity: DefineCommand = (program, finish) => {
  program
    .command("parity")
    .description("run the same cases on the reference parts and on given programs, and write what differs")
    .option("--driver <path>", "a driver binary with the upstream driver's flags")
    .option("--provider <store=path...>", "a store's provider as its vendor ships it: aws=PATH, azure=, gcp= or vault=")
    .option("--behaviour <name>", "upstream-1.6, upstream-1.5 or hardened", "upstream-1.6")
    .option("--notes <file>", "known differences: case, right, why", "docs/parity-notes.yaml")
    .option("--out <folder>", "where parity.md and parity.json go", "docs")
    .addHelpText(
      "after",
      `\nWhat no flag names is taken from ${Object.values(VARIABLES).join(", ")}. Tables of programs that are not given stay as they are.\nEnds with 1 when a difference has no note, with 3 when no program is given.`,
    )
    .action(async (flags: ParityFlags) => finish(await runParity(flags, process.env)));
};

async function runParity(flags: ParityFlags, variables: NodeJS.ProcessEnv): Promise<number> {
  // Lazily: what reads the flags of a run brings the suite along, and every command would pay for it.
  const { storeProvider } = await import("./run/options.ts");
  const comparisons = comparisonsOf(flags, variables, storeProvider);
  const { compareReports, mergeTables, parityMarkdown, parseParityNotes } = await import("../reports/parity/index.ts");
  const notes = await readNotes(flags.notes, parseParityNotes);
  const known = await readKnown(join(flags.out, "parity.json"));
  const folder = await mkdtemp(join(tmpdir(), "mountproof-parity-"));
  const tables: ParityTable[] = [];
  try {
    for (const { name, profiles, flags: own } of comparisons) {
      const common = ["run", "--plain", "--behaviour", flags.behaviour, "--profile", ...profiles];
      const reference = await reportOf("the reference part", common, join(folder, "reference"));
      const other = await reportOf(name, [...common, ...own], join(folder, "other"));
      const table = compareReports({
        reference: { name: "reference", report: reference },
        other: { name, report: other },
        behaviour: flags.behaviour,
        notes,
      });
      tell(table);
      tables.push(table);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await makeFolders(flags.out);
  const all = mergeTables(known, tables);
  await writeFile(join(flags.out, "parity.md"), parityMarkdown(all));
  await writeFile(join(flags.out, "parity.json"), `${JSON.stringify(all, null, 2)}\n`);
  return tables.some(({ counts }) => counts.unexplained > 0) ? ExitCode.failed : ExitCode.good;
}

/** @throws MountproofError `environment` when no program is given, or one that cannot be run */
function comparisonsOf(
  flags: ParityFlags,
  variables: NodeJS.ProcessEnv,
  storeProvider: typeof StoreProvider,
): Comparison[] {
  const given = new Map((flags.provider ?? []).map(storeProvider).map(({ store, path }) => [store, path] as const));
  const comparisons: Comparison[] = [];
  const driver = flags.driver ?? variables[VARIABLES.driver];
  if (driver !== undefined && driver !== "")
    comparisons.push({
      name: "upstream driver",
      profiles: DRIVER_PROFILES,
      flags: ["--driver", programPath(driver, "driver")],
    });
  for (const store of ["aws", "azure", "gcp", "vault"] as const) {
    const path = given.get(store) ?? variables[VARIABLES[store]];
    if (path === undefined || path === "") continue;
    comparisons.push({
      name: `${store} provider`,
      profiles: [`PROVIDER-${store.toUpperCase()}`],
      flags: ["--provider", `${store}=${programPath(path, `provider ${store}`)}`],
    });
  }
  if (comparisons.length === 0)
    throw new MountproofError("environment", {
      message: "no program is given to compare with",
      hint: `name a driver by --driver PATH, a provider by --provider STORE=PATH, or set ${Object.values(VARIABLES).join(", ")}`,
    });
  return comparisons;
}

function tell({ rows, counts, other }: ParityTable): void {
  for (const row of rows.filter(({ outcome }) => outcome === "unexplained"))
    process.stdout.write(`unexplained: ${row.id} ${row.title}: reference ${row.reference}, ${other} ${row.other}\n`);
  const { same, explained, unexplained } = counts;
  process.stdout.write(
    `${other}: ${same} same, ${explained} explained, ${unexplained} unexplained, ${counts["not compared"]} not compared\n`,
  );
}

/** What an earlier run wrote there; nothing when there was none. @throws MountproofError `invalid_argument` for another file */
async function readKnown(path: string): Promise<ParityTable[]> {
  const text = await readFile(path, "utf8").catch(() => "[]");
  try {
    const tables = JSON.parse(text) as ParityTable[];
    if (tables.every(({ other, rows, counts }) => typeof other === "string" && rows && counts)) return tables;
    throw new Error("an entry has no other, rows or counts");
  } catch (cause) {
    throw new MountproofError("invalid_argument", {
      message: `"${path}" is no table of this command: ${messageOf(cause)}`,
      hint: "delete it, or give another folder by --out",
      cause,
    });
  }
}

async function readNotes<T>(path: string, parse: (text: string) => T[]): Promise<T[]> {
  try {
    return parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new MountproofError("invalid_argument", {
      message: `--notes "${path}": ${messageOf(cause)}`,
      hint: "write a list of: case, right (reference, other or both), why",
      cause,
    });
  }
}

/** A run in a process of its own, as a user would make it: its report is all that is taken from it. */
async function reportOf(subject: string, args: readonly string[], out: string): Promise<Report> {
  const { execa } = await import("execa");
  const { verifyReport, summaryLine } = await import("../reports/index.ts");
  const launcher = process.argv[1] ?? "";
  const run = await execa(process.execPath, [launcher, ...args, "--out", out], { reject: false, stdin: "ignore" });
  if (run.exitCode === undefined || run.exitCode === ExitCode.environment || run.exitCode === ExitCode.interrupted)
    throw new MountproofError("environment", {
      message: `the run on ${subject} could not be made: ${run.stderr.trim() || `it ended with ${run.signal ?? run.exitCode}`}`,
    });
  const verified = verifyReport(await readFile(join(out, "report.yaml"), "utf8"));
  if (!verified.valid)
    throw new MountproofError("internal", { message: `the report on ${subject}: ${verified.problems.join("; ")}` });
  process.stdout.write(`${subject}: ${summaryLine(verified.report.summary)}\n`);
  return verified.report;
}
