import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MountproofError, messageOf } from "../core/index.ts";
import type { Report } from "../reports/index.ts";
import type { DefineCommand } from "./define-command.ts";
import { ExitCode } from "./exit.ts";
import { programPath } from "./run/program-path.ts";

type ParityFlags = {
  readonly driver?: string;
  readonly profile: readonly string[];
  readonly behaviour: string;
  readonly notes: string;
  readonly out: string;
};

const DRIVER_VARIABLE = "MOUNTPROOF_DRIVER_BIN";

/** `mountproof parity`: the same cases on the reference driver and on a given one, side by side. */
export const defineParity: DefineCommand = (program, finish) => {
  program
    .command("parity")
    .description("run the same cases on the reference driver and on a given one, and write what differs")
    .option("--driver <path>", `a driver binary with the upstream driver's flags; ${DRIVER_VARIABLE} when left out`)
    .option("--profile <id...>", "profiles to compare", ["DRIVER-NODE", "DRIVER-SYNC", "DRIVER-ROTATION"])
    .option("--behaviour <name>", "upstream-1.6, upstream-1.5 or hardened", "upstream-1.6")
    .option("--notes <file>", "known differences: case, right, why", "docs/parity-notes.yaml")
    .option("--out <folder>", "where parity.md and parity.json go", "docs")
    .addHelpText("after", "\nEnds with 1 when a difference has no note, with 3 when no binary is given.")
    .action(async (flags: ParityFlags) => finish(await runParity(flags)));
};

async function runParity(flags: ParityFlags): Promise<number> {
  const driver = driverOf(flags);
  const { compareReports, parityMarkdown, parseParityNotes } = await import("../reports/parity/index.ts");
  const notes = await readNotes(flags.notes, parseParityNotes);
  const folder = await mkdtemp(join(tmpdir(), "mountproof-parity-"));
  try {
    const common = ["run", "--plain", "--behaviour", flags.behaviour, "--profile", ...flags.profile];
    const reference = await reportOf("the reference driver", common, join(folder, "reference"));
    const other = await reportOf(driver, [...common, "--driver", driver], join(folder, "other"));
    const table = compareReports({
      reference: { name: "reference", report: reference },
      other: { name: "upstream", report: other },
      behaviour: flags.behaviour,
      notes,
    });
    await mkdir(flags.out, { recursive: true });
    await writeFile(join(flags.out, "parity.md"), parityMarkdown([table]));
    await writeFile(join(flags.out, "parity.json"), `${JSON.stringify([table], null, 2)}\n`);
    for (const row of table.rows.filter(({ outcome }) => outcome === "unexplained"))
      process.stdout.write(`unexplained: ${row.id} ${row.title}: reference ${row.reference}, upstream ${row.other}\n`);
    const { same, explained, unexplained } = table.counts;
    process.stdout.write(
      `parity: ${same} same, ${explained} explained, ${unexplained} unexplained, ${table.counts["not compared"]} not compared; ${join(flags.out, "parity.md")}\n`,
    );
    return unexplained > 0 ? ExitCode.failed : ExitCode.good;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function driverOf(flags: ParityFlags): string {
  const path = flags.driver ?? process.env[DRIVER_VARIABLE];
  if (path === undefined || path === "")
    throw new MountproofError("environment", {
      message: "no driver is given to compare with",
      hint: `name a driver binary by --driver PATH or ${DRIVER_VARIABLE}`,
    });
  return programPath(path, "driver");
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
