import { type Backoff, finishedAt, waitOf } from "./job-backoff.ts";
import type { JobCount } from "./job-count.ts";
import { indexesOf, indexOf, isIndexed, union } from "./job-indexes.ts";
import { failuresWith, hasFailed, isTerminating, replacesFailedOnly, superfluous } from "./job-pods.ts";
import type { Job, Pod } from "./objects.ts";
import { leastWorthKeeping } from "./owned-pods.ts";

/** A pod to make: for an index or for none, and the failed pod of that index which it replaces. */
export type NewPod = { readonly index: number | undefined; readonly replaced: Pod | undefined };

/** What is done about a Job's pods. */
export type Deeds = {
  readonly create: readonly NewPod[];
  readonly remove: readonly Pod[];
  /** What is removed is let go first: it counts as no failure. */
  readonly isForgiving: boolean;
  /** When more is to be done, in ms from now; 0 for nothing. */
  readonly wait: number;
};

/** Pods to make or to remove, never both at once, for a Job that goes on. */
export function manage(
  job: Job,
  active: readonly Pod[],
  count: JobCount,
  replaceable: ReadonlyMap<number, Pod>,
  backoff: Backoff,
): Deeds {
  const { spec } = job;
  const none = { create: [], remove: [], isForgiving: true, wait: 0 };
  if (spec.suspend === true) return { ...none, remove: active };
  const { parallelism = 1, completions } = spec;
  const remaining =
    completions === undefined ? (count.succeeded > 0 ? active.length : parallelism) : completions - count.succeeded;
  const wanted = completions === undefined ? remaining : Math.max(0, Math.min(parallelism, remaining));
  const least = leastWorthKeeping(active);
  const extra = superfluous(job, least.toReversed());
  const surplus = [...extra, ...least.filter((pod) => !extra.includes(pod))].slice(
    0,
    Math.max(extra.length, active.length - wanted),
  );
  if (surplus.length > 0) return { ...none, remove: surplus };
  const leaving = replacesFailedOnly(job) ? count.pods.filter(isTerminating) : [];
  const missing = wanted - active.length - leaving.length;
  if (missing <= 0) return none;
  if (spec.backoffLimitPerIndex === undefined) {
    const wait = waitOf(backoff, count.now);
    if (wait > 0) return { ...none, wait };
  }
  if (!isIndexed(job))
    return { ...none, create: Array.from({ length: missing }, () => ({ index: undefined, replaced: undefined })) };
  const taken = union(
    count.succeededIndexes,
    indexesOf(job, [...active, ...leaving]),
    count.failedIndexes ?? new Set(),
  );
  const free = Array.from({ length: completions ?? 0 }, (_, index) => index).filter((index) => !taken.has(index));
  const next = free.slice(0, missing).map((index): NewPod & { readonly wait: number } => {
    const replaced = replaceable.get(index);
    const wait =
      replaced === undefined ? 0 : waitOf({ failures: failuresWith(replaced), last: finishedAt(replaced) }, count.now);
    return { index, replaced, wait };
  });
  const waits = next.map(({ wait }) => wait).filter((wait) => wait > 0);
  return { ...none, create: next.filter(({ wait }) => wait === 0), wait: waits.length > 0 ? Math.min(...waits) : 0 };
}

/**
 * Of each index that is to be tried again the last pod that failed: it stays until its successor runs, for it knows how
 * often the index has failed.
 */
export function replaceableOf(
  job: Job,
  tracked: readonly Pod[],
  active: readonly Pod[],
  count: JobCount,
): Map<number, Pod> {
  const found = new Map<number, Pod>();
  if (count.failedIndexes === undefined) return found;
  const done = union(count.succeededIndexes, count.failedIndexes, indexesOf(job, active));
  for (const pod of tracked) {
    const index = indexOf(pod, job);
    if (index === undefined || done.has(index) || !hasFailed(pod, job)) continue;
    const known = found.get(index);
    if (known === undefined || failuresWith(known) <= failuresWith(pod)) found.set(index, pod);
  }
  return found;
}
