import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Report } from "../../reports/index.ts";
import { logFileOf } from "../run-context.ts";
import type { Subject } from "../subjects/subject.ts";
import { applyWaivers } from "../waivers.ts";
import { interruption } from "./open-run.ts";
import { reportOf } from "./report.ts";
import type { SuiteRequest } from "./request.ts";
import { skippedResult } from "./results.ts";
import { runHere } from "./run-here.ts";
import { runInWorkers } from "./workers/pool.ts";

/**
 * Runs a plan and reports on it. A failing case is a result, not an error.
 * @throws MountproofError `environment` when the run cannot be made at all, `cancelled` when `signal` aborts
 */
export async function runSuite(request: SuiteRequest): Promise<Report> {
  const started = request.clock.wall();
  const { passes, skips } = request.plan;
  const subjects = [...new Set([...passes, ...skips].map((part) => part.subject))];
  request.onProgress({
    type: "started",
    subjects: subjects.map((subject) => subject.title),
    cases: passes.reduce((sum, pass) => sum + pass.cases.length, 0),
    seed: request.seed,
  });
  const isShared = request.workers !== undefined && request.workers > 1 && passes.length > 0;
  const outcome = isShared ? await runInWorkers(request, request.workers) : await runHere(request);
  if (request.signal?.aborted === true) throw interruption(request.signal);
  const results = [...skips.map(skippedResult), ...outcome.results];
  const waived = applyWaivers(results, request.waivers, new Date(started).toISOString().slice(0, 10));
  const report = reportOf({
    facts: { ...request.facts, startedAt: started, durationMs: request.clock.wall() - started },
    subjects,
    results: waived.results,
    logFiles: keptLogs(request.logFolder, subjects),
    findings: [...outcome.findings, ...waived.findings],
    guard: request.guard,
  });
  request.onProgress({ type: "finished", report });
  return report;
}

function keptLogs(logFolder: string | undefined, subjects: readonly Subject[]): ReadonlyMap<string, string> {
  const kept = subjects.flatMap(({ id }) => {
    const file = logFileOf({ logFolder }, id);
    return file !== undefined && existsSync(file)
      ? [[id, `${basename(dirname(file))}/${basename(file)}`] as const]
      : [];
  });
  return new Map(kept);
}
