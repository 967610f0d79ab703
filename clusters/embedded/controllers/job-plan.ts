import { isActive, isFinished, type Job, type Pod } from "./objects.ts";

/** A finished pod keeps this until it is counted, so that one deleted by hand counts, too. */
export const TRACKING = "batch.kubernetes.io/job-tracking";
export const INDEX = "batch.kubernetes.io/job-completion-index";

const FIRST_BACKOFF_MS = 10_000;
const LAST_BACKOFF_MS = 600_000;

export type JobEnd = {
  readonly type: "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
};

export type JobPlan = {
  /** Pods that have just finished and are not in the status yet. */
  readonly uncounted: { readonly succeeded: readonly Pod[]; readonly failed: readonly Pod[] };
  readonly active: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  readonly end: JobEnd | undefined;
  /** How many pods to make, and which to delete. */
  readonly create: number;
  readonly indexes: readonly number[];
  readonly remove: readonly Pod[];
  /** When to look again, in ms from now: a back-off or a deadline. */
  readonly after: number | undefined;
};

/** What a Job needs now (kube-controller-manager, job controller): pure, from what is there. */
export function planJob(job: Job, pods: readonly Pod[], now: number): JobPlan {
  const { spec, status = {} } = job;
  const known = new Set([
    ...(status.uncountedTerminatedPods?.succeeded ?? []),
    ...(status.uncountedTerminatedPods?.failed ?? []),
  ]);
  const isNew = (pod: Pod): boolean =>
    (pod.metadata.finalizers ?? []).includes(TRACKING) && !known.has(pod.metadata.uid ?? "");
  const over = pods.filter((pod) => isNew(pod) && (isFinished(pod) || isLost(pod)));
  const uncounted = {
    succeeded: over.filter(({ status: state }) => state?.phase === "Succeeded"),
    failed: over.filter(({ status: state }) => state?.phase !== "Succeeded"),
  };
  const count = (kind: "succeeded" | "failed"): number =>
    (status[kind] ?? 0) + (status.uncountedTerminatedPods?.[kind]?.length ?? 0) + uncounted[kind].length;
  const [succeeded, failed] = [count("succeeded"), count("failed")];
  const active = pods.filter(isActive);
  const end = endOf(job, active, succeeded, failed, now);
  const base = { uncounted, active, succeeded, failed, end };
  const started = status.startTime === undefined ? now : Date.parse(status.startTime);
  const deadline = spec.activeDeadlineSeconds === undefined ? undefined : started + spec.activeDeadlineSeconds * 1000;
  const untilDeadline = deadline === undefined ? undefined : Math.max(0, deadline - now);
  if (end !== undefined || spec.suspend === true)
    return { ...base, create: 0, indexes: [], remove: active, after: undefined };
  const wanted = wantedOf(job, active.length, succeeded);
  const missing = Math.max(0, wanted - active.length);
  const wait = backoffOf(pods, failed, now);
  const after = missing > 0 && wait > 0 ? Math.min(wait, untilDeadline ?? wait) : untilDeadline;
  const create = wait > 0 ? 0 : missing;
  return {
    ...base,
    create,
    indexes: spec.completionMode === "Indexed" ? freeIndexes(job, pods, create) : [],
    remove: active.slice(0, Math.max(0, active.length - wanted)),
    after,
  };
}

/** A pod on its way out that will not finish by itself any more. */
function isLost(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && (pod.spec.nodeName === undefined || isFinished(pod));
}

function wantedOf({ spec }: Job, active: number, succeeded: number): number {
  const { parallelism = 1, completions } = spec;
  // Without a number of completions the first success means that no new pod is needed.
  if (completions === undefined) return succeeded > 0 ? active : parallelism;
  return Math.min(parallelism, Math.max(0, completions - succeeded));
}

function endOf(
  { spec, status }: Job,
  active: readonly Pod[],
  succeeded: number,
  failed: number,
  now: number,
): JobEnd | undefined {
  const isOver = (type: string): boolean =>
    status?.conditions?.some((one) => one.type === type && one.status === "True") === true;
  if (isOver("Complete") || isOver("Failed")) return undefined;
  const { completions, backoffLimit = 6, activeDeadlineSeconds } = spec;
  const restarts = active.map(restartsOf).reduce((sum, count) => sum + count, 0);
  const restartsCount = (spec.template.spec?.["restartPolicy"] ?? "") === "OnFailure" && restarts > 0;
  if (failed > backoffLimit || (restartsCount && restarts >= Math.max(1, backoffLimit)))
    return {
      type: "Failed",
      reason: "BackoffLimitExceeded",
      message: "Job has reached the specified backoff limit",
    };
  const started = status?.startTime;
  if (activeDeadlineSeconds !== undefined && started !== undefined && spec.suspend !== true)
    if (now - Date.parse(started) >= activeDeadlineSeconds * 1000)
      return {
        type: "Failed",
        reason: "DeadlineExceeded",
        message: "Job was active longer than specified deadline",
      };
  const isComplete = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
  if (!isComplete) return undefined;
  return { type: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" };
}

function restartsOf({ status }: Pod): number {
  const statuses = [
    ...((status?.["initContainerStatuses"] ?? []) as { restartCount?: number }[]),
    ...((status?.["containerStatuses"] ?? []) as { restartCount?: number }[]),
  ];
  return statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
}

/** After a failure 10 s, doubled with each further one, counted from the last pod's end. */
function backoffOf(pods: readonly Pod[], failed: number, now: number): number {
  if (failed === 0) return 0;
  const ends = pods
    .filter(({ status }) => status?.phase === "Failed")
    .flatMap(({ status }) =>
      ((status?.["containerStatuses"] ?? []) as { state?: { terminated?: { finishedAt?: string } } }[]).map(
        ({ state }) => Date.parse(state?.terminated?.finishedAt ?? ""),
      ),
    )
    .filter((end) => !Number.isNaN(end));
  if (ends.length === 0) return 0;
  const wait = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failed - 1));
  return Math.max(0, Math.max(...ends) + wait - now);
}

function freeIndexes({ spec }: Job, pods: readonly Pod[], create: number): number[] {
  const taken = new Set(
    pods
      .filter((pod) => isActive(pod) || pod.status?.phase === "Succeeded")
      .map(({ metadata }) => Number(metadata.annotations?.[INDEX])),
  );
  const all = Array.from({ length: spec.completions ?? 0 }, (_, index) => index);
  return all.filter((index) => !taken.has(index)).slice(0, create);
}
