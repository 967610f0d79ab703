import type { KubeObject } from "../../kube/types.ts";

export type ProviderDaemonSet = {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** What a guide greps for. */
  readonly labels: Readonly<Record<string, string>>;
  readonly container: Readonly<Record<string, unknown>> & { readonly name: string; readonly image: string };
  /** The folder of the sockets on the node, and where the container has it. */
  readonly sockets: { readonly volume: string; readonly hostPath: string; readonly mountPath: string };
  /** What else the pod's spec holds: hostNetwork, init containers, further volumes. */
  readonly pod?: Readonly<Record<string, unknown>>;
  readonly volumes?: readonly object[];
  readonly volumeMounts?: readonly object[];
};

/** A provider on every Linux node: the shape that all providers' manifests share. */
export function providerDaemonSet(spec: ProviderDaemonSet): KubeObject {
  const { name, namespace, labels, container, sockets } = spec;
  const resources = { requests: { cpu: "50m", memory: "100Mi" }, limits: { cpu: "50m", memory: "100Mi" } };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name, namespace, labels },
    spec: {
      updateStrategy: { type: "RollingUpdate" },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: spec.serviceAccount,
          ...spec.pod,
          containers: [
            {
              imagePullPolicy: "IfNotPresent",
              resources,
              ...container,
              volumeMounts: [{ name: sockets.volume, mountPath: sockets.mountPath }, ...(spec.volumeMounts ?? [])],
            },
          ],
          volumes: [
            { name: sockets.volume, hostPath: { path: sockets.hostPath, type: "DirectoryOrCreate" } },
            ...(spec.volumes ?? []),
          ],
          nodeSelector: { "kubernetes.io/os": "linux" },
        },
      },
    },
  };
}
