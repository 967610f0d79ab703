import type { KubeObject } from "../../kube/types.ts";
import { providerDaemonSet } from "../kit/index.ts";
import { AZURE_PROVIDER_NAMESPACE, AZURE_PROVIDER_SERVICE_ACCOUNT } from "./manifests.ts";

/** The Azure provider on every node, as its own installer manifest has it. */
export function azureProviderDaemonSet(namespace: string = AZURE_PROVIDER_NAMESPACE): KubeObject {
  const name = AZURE_PROVIDER_SERVICE_ACCOUNT;
  return providerDaemonSet({
    name,
    namespace,
    serviceAccount: name,
    labels: { app: name },
    container: {
      name: "provider-azure-installer",
      image: "mcr.microsoft.com/oss/v2/azure/secrets-store/provider-azure:v1.8.0",
      args: ["--endpoint=unix:///provider/azure.sock"],
      livenessProbe: {
        httpGet: { path: "/healthz", port: 8989 },
        failureThreshold: 3,
        initialDelaySeconds: 5,
        timeoutSeconds: 10,
        periodSeconds: 30,
      },
      securityContext: {
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        runAsUser: 0,
        capabilities: { drop: ["ALL"] },
      },
    },
    sockets: { volume: "provider-vol", hostPath: "/var/run/secrets-store-csi-providers", mountPath: "/provider" },
    pod: { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet", tolerations: [{ operator: "Exists" }] },
  });
}
