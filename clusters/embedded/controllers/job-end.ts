import type { JobCount } from "./job-count.ts";
import { isIndexed } from "./job-indexes.ts";
import { hasFailed } from "./job-pods.ts";
import { matchFailure, matchSuccess } from "./job-policies.ts";
import type { Job, Pod } from "./objects.ts";

export type JobCondition = {
  readonly type: "SuccessCriteriaMet" | "FailureTarget" | "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
};

/** The condition that announces an end while pods still have to be counted, or to go. */
export function onTheWay(type: "Complete" | "Failed", reason: string, message: string): JobCondition {
  return { type: type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget", reason, message };
}

/** The end itself. */
export function finalOf({ type, reason, message }: JobCondition): JobCondition {
  return { type: type === "SuccessCriteriaMet" ? "Complete" : "Failed", reason, message };
}

/**
 * Why a Job ends though it might go on, in the order in which the real controller asks; undefined for one that goes on,
 * or has all of its completions.
 */
export function endOf(job: Job, count: JobCount): JobCondition | undefined {
  return announced(job) ?? failureOf(job, count) ?? successOf(job, count);
}

/** What was announced stays, whatever happens meanwhile. */
function announced({ status }: Job): JobCondition | undefined {
  for (const type of ["SuccessCriteriaMet", "FailureTarget"] as const) {
    const found = status?.conditions?.find((one) => one.type === type && one.status === "True");
    if (found !== undefined) return { type, reason: found.reason ?? "", message: found.message ?? "" };
  }
  return undefined;
}

function failureOf(job: Job, count: JobCount): JobCondition | undefined {
  const { spec } = job;
  const fails = (reason: string, message: string): JobCondition => onTheWay("Failed", reason, message);
  if (spec.podFailurePolicy !== undefined)
    for (const pod of count.pods.filter((one) => hasFailed(one, job))) {
      const { message } = matchFailure(job, pod);
      if (message !== undefined) return fails("PodFailurePolicy", message);
    }
  if (count.failed > (spec.backoffLimit ?? 6) || restartsTooOften(job, count.pods))
    return fails("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  if (isPastDeadline(job, count)) return fails("DeadlineExceeded", "Job was active longer than specified deadline");
  const { failedIndexes, succeededIndexes } = count;
  if (failedIndexes === undefined) return undefined;
  if (spec.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes)
    return fails("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  if (failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= (spec.completions ?? 0))
    return fails("FailedIndexes", "Job has failed indexes");
  return undefined;
}

function successOf(job: Job, { succeededIndexes }: JobCount): JobCondition | undefined {
  const message = isIndexed(job) ? matchSuccess(job, succeededIndexes) : undefined;
  return message === undefined ? undefined : onTheWay("Complete", "SuccessPolicy", message);
}

function isPastDeadline({ spec }: Job, { now, startTime }: JobCount): boolean {
  if (spec.activeDeadlineSeconds === undefined || startTime === undefined || spec.suspend === true) return false;
  return now - Date.parse(startTime) >= spec.activeDeadlineSeconds * 1000;
}

/** Containers that are restarted in their pod count, where the policy lets them be. */
function restartsTooOften({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec.template.spec?.["restartPolicy"] !== "OnFailure") return false;
  const { backoffLimit = 6 } = spec;
  const restarts = pods
    .filter(({ status }) => status?.phase === "Running" || status?.phase === "Pending")
    .reduce((sum, pod) => sum + restartsOf(pod), 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

function restartsOf({ status }: Pod): number {
  const statuses = [
    ...((status?.["initContainerStatuses"] ?? []) as { restartCount?: number }[]),
    ...((status?.["containerStatuses"] ?? []) as { restartCount?: number }[]),
  ];
  return statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
}
