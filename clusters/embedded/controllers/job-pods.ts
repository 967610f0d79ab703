import { INDEX, indexOf, isIndexed } from "./job-indexes.ts";
import { matchFailure } from "./job-policies.ts";
import { isFinished, type Job, type Pod } from "./objects.ts";
import { podFromTemplate } from "./owned-pods.ts";

/** A pod keeps this until it is counted, so that one deleted by hand counts, too. */
export const TRACKING = "batch.kubernetes.io/job-tracking";

/** On pods of an index with a limit of its own: how often those before them failed. */
const FAILURES = "batch.kubernetes.io/job-index-failure-count";
const IGNORED_FAILURES = "batch.kubernetes.io/job-index-ignored-failure-count";

export function isTracked(pod: Pod): boolean {
  return (pod.metadata.finalizers ?? []).includes(TRACKING);
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isFinished(pod);
}

/** Whether a pod on its way out is replaced, and counted, only once it has failed. */
export function replacesFailedOnly({ spec }: Job): boolean {
  return spec.podReplacementPolicy === "Failed" || spec.podFailurePolicy !== undefined;
}

export function hasFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === "Failed") return true;
  if (replacesFailedOnly(job)) return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== "Succeeded";
}

/** Whether the failure of this pod makes its index a failed one. */
export function failsIndex(pod: Pod, job: Job): boolean {
  if (!hasFailed(pod, job)) return false;
  const { action, counts } = matchFailure(job, pod);
  return action === "FailIndex" || (counts && countOf(pod, FAILURES) >= (job.spec.backoffLimitPerIndex ?? 0));
}

/** How often an index has failed up to and with this pod, whatever the policy made of it. */
export function failuresWith(pod: Pod): number {
  return countOf(pod, FAILURES) + countOf(pod, IGNORED_FAILURES) + 1;
}

function countOf({ metadata }: Pod, annotation: string): number {
  return Number(metadata.annotations?.[annotation] ?? 0);
}

/** The next pod of a Job, for an index in place of one that failed. */
export function podOf(job: Job, index: number | undefined, replaced: Pod | undefined): Pod {
  const owner = { apiVersion: "batch/v1", kind: "Job", object: job };
  const name = index === undefined ? job.metadata.name : `${job.metadata.name}-${index}`;
  const pod = podFromTemplate(job.spec.template, owner, { generateName: `${name}-`, finalizers: [TRACKING] });
  if (index === undefined) return pod;
  const fieldRef = { apiVersion: "v1", fieldPath: `metadata.labels['${INDEX}']` };
  const metadata = {
    ...pod.metadata,
    labels: { ...pod.metadata.labels, [INDEX]: String(index) },
    annotations: { ...pod.metadata.annotations, [INDEX]: String(index), ...failureCounts(job, replaced) },
  };
  const withIndex = (list: unknown): object[] =>
    ((list ?? []) as { env?: { name: string }[] }[]).map((container) => ({
      ...container,
      env: [
        ...(container.env ?? []),
        ...(container.env?.some((one) => one.name === VARIABLE) === true
          ? []
          : [{ name: VARIABLE, valueFrom: { fieldRef } }]),
      ],
    }));
  const { containers, initContainers } = pod.spec;
  const spec = {
    ...pod.spec,
    containers: withIndex(containers),
    ...(initContainers !== undefined && { initContainers: withIndex(initContainers) }),
    hostname: name,
  };
  return { ...pod, metadata, spec };
}

const VARIABLE = "JOB_COMPLETION_INDEX";

function failureCounts(job: Job, replaced: Pod | undefined): Readonly<Record<string, string>> {
  if (job.spec.backoffLimitPerIndex === undefined) return {};
  if (replaced === undefined) return { [FAILURES]: "0" };
  const { counts } = matchFailure(job, replaced);
  const failures = countOf(replaced, FAILURES) + (counts ? 1 : 0);
  const ignored = countOf(replaced, IGNORED_FAILURES) + (counts ? 0 : 1);
  return { [FAILURES]: String(failures), ...(ignored > 0 && { [IGNORED_FAILURES]: String(ignored) }) };
}

/** Pods that two of one index have in common, or that no index wants any more. */
export function superfluous(job: Job, active: readonly Pod[]): Pod[] {
  if (!isIndexed(job)) return [];
  const taken = new Set<number>();
  return active.filter((pod) => {
    const index = indexOf(pod, job);
    if (index === undefined || taken.has(index)) return true;
    taken.add(index);
    return false;
  });
}
