import type { EventRecorder, EventTarget } from "../../kube/index.ts";

/** Where users look for the news, by upstream's names. */
export const SYNC_COMPONENT = "csi-secrets-store-controller";
export const SYNC_FAILED = "FailedToCreateSecret";

export function tellPod(events: EventRecorder, pod: EventTarget["metadata"], message: string): void {
  const { name, namespace, uid } = pod;
  const metadata = {
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
  };
  events.record({ apiVersion: "v1", kind: "Pod", metadata }, "Warning", SYNC_FAILED, message);
}
