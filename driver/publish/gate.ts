import type { Rules } from "../behaviour.ts";
import type { TargetState } from "../mounter/index.ts";

export type GateFacts = {
  readonly target: TargetState;
  /** Whether what is mounted there is a finished payload. */
  readonly isComplete: boolean;
  /** Undefined while rotation is off. */
  readonly rotationIntervalMs: number | undefined;
  /** Of the last publish that succeeded, as this driver remembers; undefined after a restart. */
  readonly lastPublishedAt: number | undefined;
  /** Before this the store does not want to be asked again. */
  readonly restrainedUntil: number | undefined;
  readonly now: number;
  readonly rules: Rules;
};

export type PublishDecision =
  | { readonly kind: "skip"; readonly reason: "not due" | "already mounted" | "throttled" }
  /** Nothing was published here before; failures are the pod's to know. `detach`: what lies there is no use. */
  | { readonly kind: "first"; readonly isMounted: boolean; readonly detach: boolean }
  | { readonly kind: "republish" }
  /** The mount cannot be used; after `unmount` the next call may succeed. */
  | { readonly kind: "refuse"; readonly error: string; readonly unmount: boolean };

/**
 * Decides what a NodePublishVolume is: kubelet repeats it for rotation, after restarts and after failures, and
 * does not say which it means. Pure.
 */
export function decidePublish(facts: GateFacts): PublishDecision {
  return facts.rules.has("B1") ? decideAsUpstream(facts) : decide(facts);
}

/** The mount first: what is not mounted, or not complete, is published whatever the interval says. */
function decide(facts: GateFacts): PublishDecision {
  const { target, rules } = facts;
  switch (target.kind) {
    case "absent":
    case "unmounted":
      return { kind: "first", isMounted: false, detach: false };
    case "dead":
    case "unreadable":
      return rules.has("dead-mount") ? refuse(target) : { kind: "first", isMounted: false, detach: true };
    case "mounted":
      if (!facts.isComplete && !rules.has("B20")) return { kind: "first", isMounted: true, detach: false };
      if (facts.rotationIntervalMs === undefined) return { kind: "skip", reason: "already mounted" };
      if (facts.now < (facts.restrainedUntil ?? 0)) return { kind: "skip", reason: "throttled" };
      return isDue(facts, facts.lastPublishedAt) ? { kind: "republish" } : { kind: "skip", reason: "not due" };
  }
}

/** The gate first, by the age of whatever lies there: mounted or not (B1). */
function decideAsUpstream(facts: GateFacts): PublishDecision {
  const { target, rules } = facts;
  const rotates = facts.rotationIntervalMs !== undefined && !rules.isLegacy;
  if (rotates && "mtimeMs" in target && !isDue(facts, target.mtimeMs)) return { kind: "skip", reason: "not due" };
  switch (target.kind) {
    case "absent":
    case "unmounted":
      return { kind: "first", isMounted: false, detach: false };
    case "dead":
    case "unreadable":
      return rules.has("dead-mount") ? refuse(target) : { kind: "first", isMounted: false, detach: true };
    case "mounted":
      if (!facts.isComplete && !rules.has("B20")) return { kind: "first", isMounted: true, detach: false };
      return rotates ? { kind: "republish" } : { kind: "skip", reason: "already mounted" };
  }
}

function isDue({ now, rotationIntervalMs }: GateFacts, since: number | undefined): boolean {
  return since === undefined || now >= since + (rotationIntervalMs ?? 0);
}

/** Upstream unmounts what it can look at but not list, and only that; either way this call fails. */
function refuse(target: { readonly kind: "dead" | "unreadable"; readonly error: string }): PublishDecision {
  return { kind: "refuse", error: target.error, unmount: target.kind === "unreadable" };
}
