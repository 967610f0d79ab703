import { readIndexes } from "./job-indexes.ts";
import type { Job, JobSpec, Pod } from "./objects.ts";

type ContainerStatus = { name: string; state?: { terminated?: { exitCode: number } } };

/** What a Job's pod failure policy makes of a pod that failed. */
export type FailureMatch = {
  readonly action: "FailJob" | "FailIndex" | "Ignore" | "Count" | undefined;
  /** Whether the failure counts towards the Job's limits. */
  readonly counts: boolean;
  /** Why the Job fails of it; with `FailJob` alone. */
  readonly message?: string;
};

/** The first rule that fits decides; a pod that none fits counts. */
export function matchFailure(job: Job, pod: Pod): FailureMatch {
  const { rules = [] } = job.spec.podFailurePolicy ?? {};
  for (const [at, { action, onExitCodes, onPodConditions = [] }] of rules.entries()) {
    const why = onExitCodes === undefined ? ofConditions(pod, onPodConditions) : ofExitCodes(pod, onExitCodes);
    if (why === undefined) continue;
    if (action !== "FailJob") return { action, counts: action !== "Ignore" };
    return { action, counts: true, message: `${why} matching ${action} rule at index ${at}` };
  }
  return { action: undefined, counts: true };
}

type FailureRule = NonNullable<JobSpec["podFailurePolicy"]>["rules"][number];

function ofExitCodes(
  { metadata, status }: Pod,
  { containerName, operator, values }: NonNullable<FailureRule["onExitCodes"]>,
): string | undefined {
  const statuses = [
    ...((status?.["containerStatuses"] ?? []) as ContainerStatus[]),
    ...((status?.["initContainerStatuses"] ?? []) as ContainerStatus[]),
  ];
  for (const { name, state } of statuses) {
    const exitCode = state?.terminated?.exitCode ?? 0;
    if (exitCode === 0 || (containerName !== undefined && containerName !== name)) continue;
    if (values.includes(exitCode) === (operator === "In"))
      return `Container ${name} for pod ${metadata.namespace}/${metadata.name} failed with exit code ${exitCode}`;
  }
  return undefined;
}

function ofConditions(
  { metadata, status }: Pod,
  patterns: NonNullable<FailureRule["onPodConditions"]>,
): string | undefined {
  const found = status?.conditions?.find((condition) =>
    patterns.some((one) => one.type === condition.type && (one.status ?? "True") === condition.status),
  );
  return found && `Pod ${metadata.namespace}/${metadata.name} has condition ${found.type}`;
}

/** Why an indexed Job has succeeded before all of its indexes have; undefined while no rule of its policy is met. */
export function matchSuccess({ spec }: Job, succeeded: ReadonlySet<number>): string | undefined {
  if (succeeded.size === 0) return undefined;
  const rules = spec.successPolicy?.rules ?? [];
  const at = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const wanted = readIndexes(succeededIndexes);
    const met = [...wanted].filter((index) => succeeded.has(index)).length;
    return met >= (succeededCount ?? wanted.size);
  });
  return at < 0 ? undefined : `Matched rules at index ${at}`;
}
