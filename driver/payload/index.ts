import type { Payload } from "./plan.ts";
import { planPayload } from "./plan.ts";
import { readPayload } from "./read.ts";
import { type WriteContext, writePayload } from "./write.ts";

export { fileMode, REQUESTED_PERMISSION } from "./mode.ts";
export { checkPaths } from "./paths.ts";
export { DATA_LINK, type Payload, type PayloadFile } from "./plan.ts";
export { isComplete, readPayload } from "./read.ts";
export type { WriteContext } from "./write.ts";

/**
 * Brings the volume to the payload, atomically; touches nothing when it already says the same.
 * @returns whether the data were replaced
 * @throws MountproofError `payload_write_failed`
 */
export function applyPayload(target: string, payload: Payload, context: WriteContext): boolean {
  const current = readPayload(target, context.rules.has("planted-links"));
  const plan = planPayload(payload, current, context.rules);
  writePayload(target, plan, current.dataDirectory, context);
  return plan.files !== undefined;
}
