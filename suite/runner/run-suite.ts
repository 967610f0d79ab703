import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type ISupportCodeLibrary, runCucumber } from "@cucumber/cucumber/api";
import type { Envelope } from "@cucumber/messages";
import { type Clock, Digester, type Log, MountproofError, makeFolders, Scope, seededRandom } from "../../core/index.ts";
import type { CaseResult, Finding, ProgressListener, Report } from "../../reports/index.ts";
import type { Case } from "../catalogue/case.ts";
import type { Guard } from "../guard.ts";
import type { Layout } from "../layout.ts";
import type { Pass, Plan } from "../plan.ts";
import { currentPass, logFileOf, onceIn, type PassContext, type RunContext } from "../run-context.ts";
import { createRunFolder } from "../run-folder.ts";
import type { Subject } from "../subjects/subject.ts";
import { applyWaivers, type Waiver } from "../waivers.ts";
import { Collector, type Execution } from "./collect.ts";
import { MessageStream } from "./messages.ts";
import { type ReportFacts, reportOf } from "./report.ts";
import { resultOf, skippedResult } from "./results.ts";
import { loadSteps, quietEnvironment, sourcesOf } from "./support.ts";

export type SuiteRequest = {
  readonly layout: Layout;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly log: Log;
  readonly guard: Guard;
  readonly time: RunContext["time"];
  readonly parts?: RunContext["parts"];
  /** Where each case's journal is kept; nothing is when left out. */
  readonly journalFolder?: string;
  readonly seed: number;
  readonly order: "random" | "defined";
  /** How often each case runs; in random order each time in another. */
  readonly repeat: number;
  readonly waivers: readonly Waiver[];
  /** Where logs of programs are kept; nothing is when left out. */
  readonly logFolder?: string;
  readonly facts: Omit<ReportFacts, "startedAt" | "durationMs">;
  /** The line that runs one case again. */
  readonly repeatCommand: (one: Case, pass: Pick<Pass, "subject" | "behaviour">) => string;
  readonly onProgress: ProgressListener;
  /** Takes each line of messages.ndjson, secrets replaced. */
  readonly onMessage: (line: string) => void;
  /** Ends the run early; what it started is given back. */
  readonly signal?: AbortSignal;
};

/** How long a case under way may take to give back what it has after an interrupt. */
const GRACE_MS = 10_000;

/**
 * Runs a plan and reports on it. A failing case is a result, not an error.
 * @throws MountproofError `environment` when the run cannot be made at all, `cancelled` when `signal` aborts
 */
export async function runSuite(request: SuiteRequest): Promise<Report> {
  await using scope = new Scope("run");
  const started = request.clock.wall();
  const { path, lifeline } = await createRunFolder(scope);
  for (const folder of [request.logFolder, request.journalFolder]) if (folder !== undefined) await makeFolders(folder);
  const abandoned = Promise.withResolvers<never>();
  const ending = new AbortController();
  const run: RunContext = {
    scope,
    folder: path,
    logFolder: request.logFolder,
    lifeline,
    guard: request.guard,
    digester: new Digester(),
    clock: request.clock,
    log: request.log,
    seed: request.seed,
    time: request.time,
    parts: request.parts ?? "in-process",
    journalFolder: request.journalFolder,
    signal: request.signal === undefined ? ending.signal : AbortSignal.any([ending.signal, request.signal]),
    once: onceIn(scope),
    makeFolder: folderMaker(path),
    abandon: (error) => {
      ending.abort(error);
      abandoned.reject(error);
    },
  };
  const { passes, skips } = request.plan;
  const subjects = [...new Set([...passes, ...skips].map((part) => part.subject))];
  request.onProgress({
    type: "started",
    subjects: subjects.map((subject) => subject.title),
    cases: passes.reduce((sum, pass) => sum + pass.cases.length, 0),
    seed: request.seed,
  });
  const findings: Finding[] = [];
  const results: CaseResult[] = skips.map(skippedResult);
  const work = runPasses(request, run, findings, results);
  const ends = [
    abandoned.promise,
    ...(request.signal === undefined ? [] : [interrupted(request.signal, work, request.clock)]),
  ];
  await Promise.race([work, ...ends]);
  if (request.signal?.aborted === true) throw interruption(request.signal);
  const waived = applyWaivers(results, request.waivers, new Date(started).toISOString().slice(0, 10));
  const report = reportOf({
    facts: { ...request.facts, startedAt: started, durationMs: request.clock.wall() - started },
    subjects,
    results: waived.results,
    logFiles: keptLogs(run, subjects),
    findings: [...findings, ...waived.findings],
    guard: request.guard,
  });
  request.onProgress({ type: "finished", report });
  return report;
}

async function runPasses(
  request: SuiteRequest,
  run: RunContext,
  findings: Finding[],
  results: CaseResult[],
): Promise<void> {
  const { passes } = request.plan;
  if (passes.length === 0) return;
  const profiles = [...new Set(passes.flatMap((pass) => pass.cases.map((one) => one.profile)))];
  const support = await loadSteps(request.layout, profiles);
  const shown = new Set<string>();
  const messages = new MessageStream(request.guard, request.onMessage, (where) => shown.add(where));
  for (const pass of passes) results.push(...(await runPass(request, run, pass, support, messages, findings)));
  messages.end();
  for (const where of shown)
    findings.push({ kind: "secret-shown", message: `${where} showed in the messages of a case`, fails: true });
}

async function runPass(
  request: SuiteRequest,
  run: RunContext,
  pass: Pass,
  support: ISupportCodeLibrary,
  messages: MessageStream,
  findings: Finding[],
): Promise<CaseResult[]> {
  await using scope = new Scope(`pass ${pass.subject.id} ${pass.behaviour}`);
  const context: PassContext = {
    run,
    subject: pass.subject,
    behaviour: pass.behaviour,
    random: seededRandom(request.seed),
    once: onceIn(scope),
    scope,
  };
  const executions = new Map<string, Execution[]>(pass.cases.map((one) => [one.id, []]));
  const byTag = new Map(pass.cases.map((one) => [`@${one.id}`, one]));
  const collector = new Collector((execution) => {
    const one = execution.tags.map((tag) => byTag.get(tag)).find((found) => found !== undefined);
    if (one === undefined) return;
    executions.get(one.id)?.push(execution);
    if (run.signal?.aborted === true) return; // what is left of an interrupted run is nobody's result
    const reason = execution.failure?.message ?? execution.reason;
    request.onProgress({
      type: "executed",
      id: one.id,
      title: execution.title,
      subject: pass.subject.id,
      behaviour: pass.behaviour,
      status: execution.status,
      durationMs: execution.durationMs,
      ...(reason !== undefined && { reason }),
    });
    for (const message of execution.findings)
      findings.push({ kind: "secret-shown", message: `${one.id}: ${message}`, fails: true });
  });
  for (let round = 0; round < request.repeat; round++)
    await runRound(request, context, pass, support, round, (envelope) => collector.take(messages.take(envelope)));
  for (const message of collector.problems) findings.push({ kind: "run", message, fails: true });
  return pass.cases.map((one) =>
    resultOf(
      one,
      { subject: pass.subject.id, behaviour: pass.behaviour },
      executions.get(one.id) ?? [],
      request.repeatCommand(one, pass),
    ),
  );
}

async function runRound(
  request: SuiteRequest,
  context: PassContext,
  pass: Pass,
  support: ISupportCodeLibrary,
  round: number,
  take: (envelope: Envelope) => void,
): Promise<void> {
  const complaints: string[] = [];
  const paths = [...new Set(pass.cases.map((one) => one.file))];
  const tags = pass.cases.map((one) => `@${one.id}`).join(" or ");
  const order = request.order === "random" ? (`random:${request.seed + round}` as const) : "defined";
  let planned = 0;
  const onEnvelope = (envelope: Envelope): void => {
    if (envelope.testCase !== undefined) planned++;
    // All test cases are announced before the first begins.
    if (envelope.testCaseStarted !== undefined && planned > 0) {
      request.onProgress({ type: "planned", count: planned });
      planned = 0;
    }
    take(envelope);
  };
  await currentPass.run(context, async () => {
    await runCucumber(
      {
        sources: sourcesOf(paths, tags, order),
        support,
        runtime: {
          dryRun: false,
          failFast: false,
          filterStacktraces: true,
          parallel: 0,
          retry: 0,
          retryTagFilter: "",
          strict: true,
          worldParameters: {},
        },
        formats: { stdout: "summary", files: {}, publish: false, options: {} },
      },
      quietEnvironment(request.layout, complaints),
      onEnvelope,
    );
  });
}

/** Rejects soon after the signal aborts: the case under way may still give back what it has. */
async function interrupted(signal: AbortSignal, work: Promise<void>, clock: Clock): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([work, clock.sleep(GRACE_MS)]);
  throw interruption(signal);
}

function interruption(signal: AbortSignal): MountproofError {
  return new MountproofError("cancelled", { message: "the run was interrupted", cause: signal.reason });
}

/** Socket paths hold about a hundred bytes, so names are short. */
function folderMaker(parent: string): RunContext["makeFolder"] {
  let next = 1;
  return async (prefix, scope) => {
    const folder = join(parent, `${prefix}${next++}`);
    await mkdir(folder, { recursive: true });
    scope.defer(`folder ${folder}`, () => rm(folder, { recursive: true, force: true }));
    return folder;
  };
}

function keptLogs(run: RunContext, subjects: readonly Subject[]): ReadonlyMap<string, string> {
  const kept = subjects.flatMap(({ id }) => {
    const file = logFileOf(run, id);
    return file !== undefined && existsSync(file)
      ? [[id, `${basename(dirname(file))}/${basename(file)}`] as const]
      : [];
  });
  return new Map(kept);
}
