import type { KubeObject } from "../../kube/types.ts";

export const GCP_PROVIDER_SERVICE_ACCOUNT = "secrets-store-csi-driver-provider-gcp";
export const GCP_PROVIDER_NAMESPACE = "kube-system";

const RBAC = "rbac.authorization.k8s.io";

/** The GCP provider's account and rights: reading ServiceAccounts, and tokens for the pods it serves. */
export function gcpProviderManifests(namespace: string = GCP_PROVIDER_NAMESPACE): KubeObject[] {
  const name = GCP_PROVIDER_SERVICE_ACCOUNT;
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRole",
      metadata: { name: `${name}-role` },
      rules: [
        { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] },
        { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get"] },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: `${name}-rolebinding` },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: `${name}-role` },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}
