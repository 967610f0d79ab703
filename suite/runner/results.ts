import type { CaseResult, CaseStatus } from "../../reports/index.ts";
import type { Case } from "../catalogue/case.ts";
import type { PlannedSkip } from "../plan.ts";
import type { Execution } from "./collect.ts";

/** Who was examined, for a {@link CaseResult}. */
export type Examined = { readonly subject: string; readonly behaviour: string };

/**
 * One result for a case from all that was run of it: rows of examples and repetitions. It has passed when all
 * have; it shows the first that failed, else the first that was skipped. A case of which nothing ran has failed.
 */
export function resultOf(one: Case, examined: Examined, executions: readonly Execution[], repeat: string): CaseResult {
  const failed = executions.filter((execution) => execution.status === "failed");
  const skipped = executions.find((execution) => execution.status === "skipped");
  const shown = failed[0] ?? skipped ?? executions[0];
  const status: CaseStatus = shown?.status ?? "failed";
  return {
    ...describe(one),
    ...examined,
    status,
    ...(shown?.reason !== undefined && { reason: shown.reason }),
    durationMs: executions.reduce((sum, execution) => sum + execution.durationMs, 0),
    ...(executions.length > 1 && { runs: { total: executions.length, failed: failed.length } }),
    steps: [...(shown?.steps ?? [])],
    ...(shown === undefined && { failure: { message: "the case was planned and executed no step" } }),
    ...(shown?.failure !== undefined && { failure: shown.failure }),
    exchanges: status === "failed" ? [...(shown?.exchanges ?? [])] : [],
    log: status === "failed" ? [...(shown?.log ?? [])] : [],
    notes: [...new Set(executions.flatMap((execution) => execution.notes))],
    ...(status === "failed" && { repeat }),
  };
}

/** The result of a case that the plan left out. */
export function skippedResult(skip: PlannedSkip): CaseResult {
  return {
    ...describe(skip.case),
    subject: skip.subject.id,
    behaviour: skip.behaviour,
    status: "skipped",
    reason: skip.reason,
    durationMs: 0,
    steps: [],
    exchanges: [],
    log: [],
    notes: [],
  };
}

function describe(one: Case) {
  const { id, profile, level, strength, title, feature, file, line } = one;
  return { id, profile, level, strength, title, feature, file, line, docs: [...one.docs], features: [...one.needs] };
}
