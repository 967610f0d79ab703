import type { KubeObject } from "../../kube/types.ts";

export const AZURE_PROVIDER_NAMESPACE = "kube-system";
export const AZURE_PROVIDER_SERVICE_ACCOUNT = "csi-secrets-store-provider-azure";

/** The Azure provider's account. It asks nothing of the API server, so it has no rights. */
export function azureProviderManifests(namespace: string = AZURE_PROVIDER_NAMESPACE): KubeObject[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: AZURE_PROVIDER_SERVICE_ACCOUNT, namespace } },
  ];
}
