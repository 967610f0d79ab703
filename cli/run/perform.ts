import { randomInt, randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { createLog, MountproofError, RealClock, silentLog } from "../../core/index.ts";
import type { Report } from "../../reports/index.ts";
import { probeEnvironment } from "../../suite/environment.ts";
import {
  assertSound,
  Guard,
  isPartial,
  isWord,
  layoutOf,
  loadCatalogue,
  planRun,
  readInputs,
  readWaivers,
  select,
} from "../../suite/index.ts";
import { runSuite } from "../../suite/runner/run-suite.ts";
import { ExitCode } from "../exit.ts";
import { selectionOf } from "../selection-flags.ts";
import { packageVersion } from "../version.ts";
import { apiserverOf } from "./apiserver.ts";
import { repeatLine, shellQuote } from "./command-line.ts";
import type { RunFlags } from "./flags.ts";
import { readOptions } from "./options.ts";
import { openOutput } from "./output.ts";
import { availabilityFor, RUN_AS_PROCESSES, subjectsOf } from "./subjects.ts";
import { tierOf } from "./tiers.ts";
import { workersFor } from "./workers.ts";

/** Runs what the flags ask for, writes the report and says how it went. */
export async function performRun(flags: RunFlags): Promise<number> {
  const clock = new RealClock();
  const guard = new Guard();
  const layout = layoutOf();
  const options = readOptions(flags, () => randomInt(2 ** 32 - 1));
  const catalogue = await loadCatalogue(layout);
  assertSound(catalogue);
  const inputs = await readInputs(flags, clock, guard);
  if (inputs.secretValues?.values.some(isWord) === true)
    process.stderr.write(
      `warning: --secret-values "${flags.secretValues}" names a word of less than eight letters, which reports and logs are not searched for: give the object a value that is none\n`,
    );
  const interrupted = new AbortController();
  onInterrupt(clock, interrupted);
  await using tier = await tierOf(flags, options, randomUUID(), interrupted.signal);
  const subjects = tier?.subjects ?? subjectsOf(flags, options, inputs, layout);
  const isOwn = isSubjectGiven(flags);
  const apiserver = apiserverOf(flags);
  const selection = selectionOf(flags);
  const cases = select(catalogue.cases, selection);
  const facts = await probeEnvironment([...new Set(cases.flatMap((one) => one.needs))]);
  const plan = planRun({
    cases,
    subjects,
    tier: options.tier,
    behaviour: options.behaviour ?? (isOwn ? "hardened" : "declared"),
    availability: (subject) => availabilityFor(subject, facts, flags),
    ...(flags.processes === true && { only: RUN_AS_PROCESSES }),
    ...(tier?.refusal !== undefined && { refusal: tier.refusal }),
    ...(tier?.only !== undefined && { only: tier.only }),
  });
  const workers = workersFor(options.workers, plan, flags, isOwn);
  const waivers = flags.waivers === undefined ? [] : await readWaivers(flags.waivers);
  for (const waiver of waivers)
    if (!catalogue.cases.some(({ id }) => id === waiver.case))
      throw new MountproofError("invalid_argument", {
        message: `--waivers "${flags.waivers}" waives "${waiver.case}", and there is no such case`,
        hint: "list the catalogue with: npx mountproof cases",
      });
  const argv = process.argv.slice(2);
  const folder = resolve(flags.out);
  await using output = await openOutput(folder, { isPlain: flags.plain === true, guard });
  const report = await runSuite({
    layout,
    plan,
    clock,
    guard,
    log: process.env["MOUNTPROOF_DEBUG"] === undefined ? silentLog : createLog({ clock, level: "debug" }),
    time: flags.realClock === true || flags.processes === true || apiserver !== undefined ? "real" : "virtual",
    ...(apiserver !== undefined && { apiserver }),
    parts: flags.processes === true ? "processes" : "in-process",
    ...(flags.keepJournals === true && { journalFolder: join(output.folder, "journals") }),
    seed: options.seed,
    order: options.order,
    repeat: options.repeat,
    waivers,
    workers,
    isDebugging: process.env["MOUNTPROOF_DEBUG"] !== undefined,
    logFolder: join(output.folder, "logs"),
    facts: {
      runId: randomUUID(),
      tool: {
        name: "mountproof",
        version: packageVersion(),
        node: process.versions.node,
        platform: `${process.platform}-${process.arch}`,
      },
      environment: facts.map(({ name, available, detail }) => ({ name, available, detail })),
      command: ["npx mountproof", ...argv.map(shellQuote)].join(" "),
      seed: options.seed,
      order: options.order,
      repeat: options.repeat,
      tier: options.tier,
      selection: { ...selection, profiles: [...selection.profiles], ids: [...selection.ids] },
      isPartial: isPartial(selection),
    },
    repeatCommand: (one, { behaviour }) => repeatLine(argv, { id: one.id, behaviour, seed: options.seed }),
    onProgress: output.progress,
    onMessage: output.message,
    signal: interrupted.signal,
  });
  await output.write(report);
  if (report.summary.failed > 0) await tier?.failed?.(folder);
  return exitCodeOf(report, isOwn);
}

/** A second signal this soon is the first one's echo: a terminal tells the whole group, and a launcher passes it on. */
const ECHO_MS = 1000;

/** The first signal ends the run in good order, which may take a while; a later one ends it at once. */
function onInterrupt(clock: RealClock, interrupted: AbortController): void {
  let first: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      first ??= clock.now();
      if (clock.now() - first > ECHO_MS) process.exit(ExitCode.interrupted);
      interrupted.abort(signal);
    });
}

function isSubjectGiven(flags: RunFlags): boolean {
  return [flags.exec, flags.target, flags.driver, flags.provider].some((flag) => flag !== undefined);
}

/** For a subject of one's own the answer is a verdict, and one that cannot be given is no success. */
function exitCodeOf(report: Report, isOwn: boolean): number {
  if (report.summary.failed > 0 || report.findings.some((finding) => finding.fails)) return ExitCode.failed;
  // A run in which nothing ran shows nothing, whoever was to be examined.
  if (report.summary.passed === 0 && report.cases.length > 0) return ExitCode.inconclusive;
  const isOpen = report.cases.some(
    (one) => one.status === "skipped" && one.strength === "must" && one.level === "core",
  );
  return isOwn && isOpen ? ExitCode.inconclusive : ExitCode.good;
}
