import type { KubeObject } from "../../kube/types.ts";

export const VAULT_PROVIDER_SERVICE_ACCOUNT = "vault-csi-provider";
export const VAULT_PROVIDER_NAMESPACE = "csi";
export const HMAC_SECRET_NAME = "vault-csi-provider-hmac-key";

const RBAC = "rbac.authorization.k8s.io/v1";

/** The Vault provider's account and rights: tokens for the pods it serves, and its one HMAC Secret. */
export function vaultProviderManifests(namespace: string = VAULT_PROVIDER_NAMESPACE): KubeObject[] {
  const name = VAULT_PROVIDER_SERVICE_ACCOUNT;
  const subject = { kind: "ServiceAccount", name, namespace };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: RBAC,
      kind: "ClusterRole",
      metadata: { name: `${name}-clusterrole` },
      rules: [{ apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] }],
    },
    {
      apiVersion: RBAC,
      kind: "ClusterRoleBinding",
      metadata: { name: `${name}-clusterrolebinding` },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `${name}-clusterrole` },
      subjects: [subject],
    },
    {
      apiVersion: RBAC,
      kind: "Role",
      metadata: { name: `${name}-role`, namespace },
      rules: [
        { apiGroups: [""], resources: ["secrets"], verbs: ["get"], resourceNames: [HMAC_SECRET_NAME] },
        // Creation cannot be limited by name: the object has none yet when the rule is looked up.
        { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
      ],
    },
    {
      apiVersion: RBAC,
      kind: "RoleBinding",
      metadata: { name: `${name}-rolebinding`, namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: `${name}-role` },
      subjects: [subject],
    },
  ];
}
