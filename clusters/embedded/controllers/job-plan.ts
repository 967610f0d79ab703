import type { Condition } from "../../../kube/types.ts";
import { apiTime } from "./context.ts";
import { type Backoff, nextBackoff } from "./job-backoff.ts";
import type { JobCount } from "./job-count.ts";
import { endOf, finalOf, type JobCondition, onTheWay } from "./job-end.ts";
import { indexesOf, indexOf, isIndexed, readIndexes, union, writeIndexes } from "./job-indexes.ts";
import { type Deeds, manage, replaceableOf } from "./job-manage.ts";
import { failsIndex, hasFailed, isTerminating, isTracked } from "./job-pods.ts";
import { matchFailure } from "./job-policies.ts";
import { isActive, isReady, type Job, type JobStatus, type Pod } from "./objects.ts";

/** What the controller knows beside the objects that it sees. */
export type JobMemory = {
  /** UIDs of pods that it has let go and whose finalizer its cache still shows. */
  readonly released: ReadonlySet<string>;
  readonly backoff: Backoff;
};

export type JobPlan = Omit<Deeds, "wait"> & {
  /** To be written before pods are let go. */
  readonly status: JobStatus;
  /** Pods that are counted now and may go. */
  readonly letGo: readonly Pod[];
  /** To be written when they are gone. */
  readonly settled: JobStatus;
  /** The Job is over with `settled`. */
  readonly end: JobCondition | undefined;
  readonly suspension: "Suspended" | "Resumed" | undefined;
  readonly backoff: Backoff;
  /** When to look again, in ms from now: a back-off or a deadline. */
  readonly after: number | undefined;
};

/** What a Job needs now (kube-controller-manager, job controller of v1.34): pure, from what is there. */
export function planJob(job: Job, pods: readonly Pod[], now: number, memory: JobMemory): JobPlan {
  const { spec, status: old = {} } = job;
  const tracked = pods.filter((pod) => isTracked(pod) && !memory.released.has(uidOf(pod)));
  const uncounted = {
    succeeded: new Set(old.uncountedTerminatedPods?.succeeded),
    failed: new Set(old.uncountedTerminatedPods?.failed),
  };
  const valid = isIndexed(job) ? tracked.filter((pod) => indexOf(pod, job) !== undefined) : tracked;
  const newSucceeded = valid.filter((pod) => pod.status?.phase === "Succeeded" && !uncounted.succeeded.has(uidOf(pod)));
  const newFailed = valid.filter((pod) => hasFailed(pod, job) && !uncounted.failed.has(uidOf(pod)));
  const before = readIndexes(old.completedIndexes);
  const succeededIndexes = isIndexed(job) ? union(before, indexesOf(job, tracked.filter(hasSucceeded))) : before;
  const count: JobCount = {
    now,
    pods,
    succeeded: isIndexed(job)
      ? succeededIndexes.size
      : (old.succeeded ?? 0) + newSucceeded.length + uncounted.succeeded.size,
    failed: (old.failed ?? 0) + newFailed.filter((pod) => matchFailure(job, pod).counts).length + uncounted.failed.size,
    startTime: old.startTime ?? (spec.suspend === true ? undefined : apiTime(now)),
    succeededIndexes,
    failedIndexes:
      spec.backoffLimitPerIndex === undefined
        ? undefined
        : union(
            readIndexes(old.failedIndexes),
            indexesOf(
              job,
              tracked.filter((pod) => failsIndex(pod, job)),
            ),
          ),
  };
  const backoff = nextBackoff(memory.backoff, newSucceeded, newFailed);
  const active = pods.filter(isActive);
  const replaceable = replaceableOf(job, tracked, active, count);
  const early = endOf(job, count);
  const deeds =
    early === undefined
      ? manage(job, active, count, replaceable, backoff)
      : { create: [], remove: active, isForgiving: false, wait: 0 };
  const left = active.length + deeds.create.length - deeds.remove.length;
  const isComplete =
    spec.completions === undefined
      ? count.succeeded > 0 && left === 0
      : count.succeeded >= spec.completions && left === 0;
  const end =
    early ??
    (isComplete ? onTheWay("Complete", "CompletionsReached", "Reached expected number of succeeded pods") : undefined);
  const suspension = end === undefined ? suspensionOf(job) : undefined;

  const letGo = tracked.filter((pod) => mayGo(job, pod, end, replaceable));
  const isFailing = end !== undefined && end.type !== "SuccessCriteriaMet";
  const counted = {
    succeeded: isIndexed(job) ? [] : letGo.filter((pod) => hasSucceeded(pod) && !uncounted.failed.has(uidOf(pod))),
    failed: letGo.filter(
      (pod) =>
        !hasSucceeded(pod) &&
        (hasFailed(pod, job) || isFailing) &&
        (!isIndexed(job) || indexOf(pod, job) !== undefined) &&
        matchFailure(job, pod).counts,
    ),
  };
  const released = new Set(tracked.map(uidOf));
  const base = settle(old, released);
  const terminating = pods.filter(isTerminating).length + deeds.remove.length;
  const status: JobStatus = {
    ...withoutUndefined({
      conditions: conditionsOf(old.conditions, end, suspension, now),
      startTime: suspension === "Resumed" ? apiTime(now) : count.startTime,
      completionTime: old.completionTime,
    }),
    ...(left > 0 && { active: left }),
    ready: active.filter((pod) => isReady(pod) && !deeds.remove.includes(pod)).length,
    terminating,
    ...positive("succeeded", isIndexed(job) ? succeededIndexes.size : base.succeeded),
    ...positive("failed", base.failed),
    ...(succeededIndexes.size > 0 && { completedIndexes: writeIndexes(succeededIndexes) }),
    ...(count.failedIndexes !== undefined && { failedIndexes: writeIndexes(count.failedIndexes) }),
    uncountedTerminatedPods: {
      ...listed("succeeded", base.uncountedTerminatedPods?.succeeded, counted.succeeded),
      ...listed("failed", base.uncountedTerminatedPods?.failed, counted.failed),
    },
  };
  for (const pod of letGo) released.delete(uidOf(pod));
  const cleared = settle(status, released);
  const isOver = end !== undefined && terminating === 0 && isEmpty(cleared.uncountedTerminatedPods);
  const final = isOver ? finalOf(end) : undefined;
  return {
    ...deeds,
    status,
    letGo,
    settled: final === undefined ? cleared : finished(cleared, final, now),
    end: final,
    suspension,
    backoff,
    after: soonest(deeds.wait, deadlineOf(job, count, end)),
  };
}

function mayGo(job: Job, pod: Pod, end: JobCondition | undefined, replaceable: ReadonlyMap<number, Pod>): boolean {
  if (end !== undefined || hasSucceeded(pod)) return true;
  if (!hasFailed(pod, job)) return false;
  const index = indexOf(pod, job);
  return index === undefined || replaceable.get(index) !== pod;
}

/** Uncounted pods that are let go become numbers. */
function settle(status: JobStatus, held: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const gone = (uids: readonly string[]): number => uids.filter((uid) => !held.has(uid)).length;
  const staying = (uids: readonly string[]): string[] => uids.filter((uid) => held.has(uid));
  return {
    ...status,
    ...positive("succeeded", (status.succeeded ?? 0) + gone(succeeded)),
    ...positive("failed", (status.failed ?? 0) + gone(failed)),
    uncountedTerminatedPods: {
      ...(staying(succeeded).length > 0 && { succeeded: staying(succeeded) }),
      ...(staying(failed).length > 0 && { failed: staying(failed) }),
    },
  };
}

function finished(status: JobStatus, end: JobCondition, now: number): JobStatus {
  const conditions = conditionsOf(status.conditions, end, undefined, now) ?? [];
  return { ...status, conditions, ...(end.type === "Complete" && { completionTime: apiTime(now) }) };
}

function conditionsOf(
  old: readonly Condition[] | undefined,
  end: JobCondition | undefined,
  suspension: JobPlan["suspension"],
  now: number,
): Condition[] | undefined {
  const conditions = [...(old ?? [])];
  const set = (type: string, status: "True" | "False", reason: string, message: string): void => {
    const at = conditions.findIndex((one) => one.type === type);
    const time = apiTime(now);
    const made = { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
    if (at < 0) conditions.push(made);
    else if (conditions[at]?.status !== status) conditions[at] = made;
  };
  if (suspension === "Suspended") set("Suspended", "True", "JobSuspended", "Job suspended");
  if (suspension === "Resumed") set("Suspended", "False", "JobResumed", "Job resumed");
  if (end !== undefined) set(end.type, "True", end.reason, end.message);
  return conditions.length > 0 ? conditions : undefined;
}

function suspensionOf({ spec, status }: Job): JobPlan["suspension"] {
  const isMarked = status?.conditions?.some((one) => one.type === "Suspended" && one.status === "True") === true;
  if (spec.suspend === true) return isMarked ? undefined : "Suspended";
  return isMarked ? "Resumed" : undefined;
}

function deadlineOf({ spec }: Job, { now, startTime }: JobCount, end: JobCondition | undefined): number {
  if (end !== undefined || spec.suspend === true || spec.activeDeadlineSeconds === undefined) return 0;
  return Math.max(1, Date.parse(startTime ?? "") + spec.activeDeadlineSeconds * 1000 - now);
}

/** The smaller of two waits, of which 0 is none. */
function soonest(...waits: readonly number[]): number | undefined {
  const real = waits.filter((wait) => wait > 0);
  return real.length > 0 ? Math.min(...real) : undefined;
}

function hasSucceeded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded";
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? "";
}

function isEmpty(uncounted: JobStatus["uncountedTerminatedPods"]): boolean {
  return (uncounted?.succeeded ?? []).length + (uncounted?.failed ?? []).length === 0;
}

function positive(name: "succeeded" | "failed", value: number | undefined): Partial<JobStatus> {
  return value === undefined || value === 0 ? {} : { [name]: value };
}

function listed(name: "succeeded" | "failed", known: readonly string[] = [], pods: readonly Pod[]): object {
  const uids = [...new Set([...known, ...pods.map(uidOf)])];
  return uids.length > 0 ? { [name]: uids } : {};
}

function withoutUndefined<T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
