import type { KubeObject } from "../../kube/types.ts";
import { providerDaemonSet } from "../kit/index.ts";
import { VAULT_PROVIDER_NAMESPACE, VAULT_PROVIDER_SERVICE_ACCOUNT } from "./manifests.ts";

/** The Vault provider on every node, as its own manifest has it. */
export function vaultProviderDaemonSet(namespace: string = VAULT_PROVIDER_NAMESPACE): KubeObject {
  const name = VAULT_PROVIDER_SERVICE_ACCOUNT;
  const probe = (more: object): object => ({
    httpGet: { path: "/health/ready", port: 8080, scheme: "HTTP" },
    failureThreshold: 2,
    initialDelaySeconds: 5,
    periodSeconds: 5,
    successThreshold: 1,
    timeoutSeconds: 3,
    ...more,
  });
  return providerDaemonSet({
    name,
    namespace,
    serviceAccount: name,
    labels: { "app.kubernetes.io/name": name },
    container: {
      name: "provider-vault-installer",
      image: "hashicorp/vault-csi-provider:1.7.4",
      args: ["-endpoint=/provider/vault.sock", "-log-level=info"],
      livenessProbe: probe({}),
      readinessProbe: probe({ initialDelaySeconds: 0, periodSeconds: 1 }),
    },
    sockets: { volume: "providervol", hostPath: "/var/run/secrets-store-csi-providers", mountPath: "/provider" },
    pod: { tolerations: [] },
  });
}
