import type { Rules } from "../behaviour.ts";
import type { PublishFailure, PublishStage } from "./failure.ts";

const AFTER_THE_MOUNT: ReadonlySet<PublishStage> = new Set(["provider", "write", "status"]);

/**
 * Whether kubelet hears of a failed republish. It must not: kubelets before 1.37 delete the mount's directory after
 * a final error (kubernetes#121271), and the volume still holds what it held. A bad request is an error always.
 */
export function isMasked(
  failure: PublishFailure,
  { rules, returnsRepublishErrors }: { readonly rules: Rules; readonly returnsRepublishErrors: boolean },
): boolean {
  if (returnsRepublishErrors) return false;
  return rules.has("partial-mask") ? AFTER_THE_MOUNT.has(failure.stage) : failure.stage !== "request";
}
