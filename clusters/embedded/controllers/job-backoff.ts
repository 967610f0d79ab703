import type { Condition } from "../../../kube/types.ts";
import type { Pod } from "./objects.ts";

const FIRST_BACKOFF_MS = 10_000;
const LAST_BACKOFF_MS = 600_000;

/** How often pods have failed since the last success, and when the last one did. */
export type Backoff = { readonly failures: number; readonly last: number | undefined };

export const NO_BACKOFF: Backoff = { failures: 0, last: undefined };

/** What pods that have just ended make of it. */
export function nextBackoff(old: Backoff, succeeded: readonly Pod[], failed: readonly Pod[]): Backoff {
  const successes = succeeded.map(finishedAt);
  const after = successes.length === 0 ? Number.NEGATIVE_INFINITY : Math.max(...successes);
  const failures = failed.map(finishedAt).filter((at) => at > after);
  const base = successes.length === 0 ? old : NO_BACKOFF;
  if (failures.length === 0) return base;
  return { failures: base.failures + failures.length, last: Math.max(...failures) };
}

/** 10 s after the first failure, doubled with each further one, at most 10 min, counted from the last pod's end. */
export function waitOf({ failures, last }: Backoff, now: number): number {
  if (failures === 0 || last === undefined) return 0;
  const wait = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
  return Math.max(0, last + wait - now);
}

/** When a pod ended: by its containers, else by its readiness, else by its deletion. */
export function finishedAt({ metadata, status }: Pod): number {
  const containers = (status?.["containerStatuses"] ?? []) as { state?: { terminated?: { finishedAt?: string } } }[];
  const ends = containers.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ""));
  if (ends.length > 0 && !ends.some(Number.isNaN)) return Math.max(...ends);
  const unready = status?.conditions?.find(isUnready);
  if (unready?.lastTransitionTime !== undefined) return Date.parse(unready.lastTransitionTime);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = metadata;
  if (deletionTimestamp !== undefined) return Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return Date.parse(creationTimestamp ?? "");
}

function isUnready({ type, status }: Condition): boolean {
  return type === "Ready" && status === "False";
}
