import type { KubeObject } from "../../kube/index.ts";

type PodVolume = { name: string; csi?: { driver?: string; volumeAttributes?: Record<string, string> } };

/** Names of the pod's volumes that this driver mounts for a SecretProviderClass, in the pod's order. */
export function volumesOf(pod: KubeObject, driverName: string, className: string): string[] {
  const { volumes = [] } = (pod["spec"] ?? {}) as { volumes?: PodVolume[] };
  return volumes
    .filter(({ csi }) => csi?.driver === driverName && csi.volumeAttributes?.["secretProviderClass"] === className)
    .map(({ name }) => name);
}
