import type { Log } from "../../core/index.ts";
import type { Mounter } from "./mounter.ts";
import { plainMounter } from "./plain.ts";
import { loadMountCalls, tmpfsMounter } from "./tmpfs.ts";

export type { Mounter, TargetState } from "./mounter.ts";
export { markerOf, plainMounter } from "./plain.ts";
export { loadMountCalls, tmpfsMounter } from "./tmpfs.ts";

/** tmpfs where mount(2) succeeds when tried, plain directories where it does not; the log says which, and why. */
export async function openMounter(log: Log): Promise<Mounter> {
  const calls = await loadMountCalls();
  if (typeof calls !== "string") return tmpfsMounter(calls);
  log.warn("secrets are kept in plain directories, not in memory", { reason: calls });
  return plainMounter();
}
