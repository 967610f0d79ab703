import type { KubeObject } from "../../kube/types.ts";
import { providerDaemonSet } from "../kit/index.ts";
import { AWS_PROVIDER_NAMESPACE, AWS_PROVIDER_SERVICE_ACCOUNT } from "./manifests.ts";

const SOCKETS = "/var/run/secrets-store-csi-providers";
const PODS = "/var/lib/kubelet/pods";

/** The AWS provider on every node, as its own installer manifest has it. */
export function awsProviderDaemonSet(namespace: string = AWS_PROVIDER_NAMESPACE): KubeObject {
  const name = AWS_PROVIDER_SERVICE_ACCOUNT;
  return providerDaemonSet({
    name,
    namespace,
    serviceAccount: name,
    labels: { app: name },
    container: {
      name: "provider-aws-installer",
      image: "public.ecr.aws/aws-secrets-manager/secrets-store-csi-driver-provider-aws:3.1.1",
      args: [`--provider-volume=${SOCKETS}`],
      securityContext: { privileged: false, allowPrivilegeEscalation: false },
    },
    sockets: { volume: "providervol", hostPath: SOCKETS, mountPath: SOCKETS },
    volumeMounts: [{ name: "mountpoint-dir", mountPath: PODS, mountPropagation: "HostToContainer" }],
    volumes: [{ name: "mountpoint-dir", hostPath: { path: PODS, type: "DirectoryOrCreate" } }],
    pod: { tolerations: [{ operator: "Exists" }] },
  });
}
