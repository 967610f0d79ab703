import type { KubeObject } from "../../kube/types.ts";
import { providerDaemonSet } from "../kit/index.ts";
import { GCP_PROVIDER_NAMESPACE, GCP_PROVIDER_SERVICE_ACCOUNT } from "./manifests.ts";

const SOCKETS = "/etc/kubernetes/secrets-store-csi-providers";

/** The GCP provider on every node, as its own plugin manifest has it. */
export function gcpProviderDaemonSet(namespace: string = GCP_PROVIDER_NAMESPACE): KubeObject {
  const name = "csi-secrets-store-provider-gcp";
  return providerDaemonSet({
    name,
    namespace,
    serviceAccount: GCP_PROVIDER_SERVICE_ACCOUNT,
    labels: { app: name },
    container: {
      name: "provider",
      image: "us-docker.pkg.dev/secretmanager-csi/secrets-store-csi-driver-provider-gcp/plugin:v1.11.0",
      env: [{ name: "TARGET_DIR", value: SOCKETS }],
      livenessProbe: {
        httpGet: { path: "/live", port: 8095 },
        initialDelaySeconds: 5,
        timeoutSeconds: 10,
        periodSeconds: 30,
      },
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 1000,
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
    },
    sockets: { volume: "providervol", hostPath: SOCKETS, mountPath: SOCKETS },
    pod: {
      tolerations: [{ key: "kubernetes.io/arch", operator: "Equal", value: "arm64", effect: "NoSchedule" }],
      initContainers: [
        {
          name: "chown-provider-mount",
          image: "busybox",
          command: ["chown", "1000:1000", SOCKETS],
          volumeMounts: [{ name: "providervol", mountPath: SOCKETS }],
          securityContext: { privileged: true },
        },
      ],
    },
  });
}
