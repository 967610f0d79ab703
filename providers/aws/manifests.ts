import type { KubeObject } from "../../kube/types.ts";

export const AWS_PROVIDER_SERVICE_ACCOUNT = "csi-secrets-store-provider-aws";
export const AWS_PROVIDER_NAMESPACE = "kube-system";

const RBAC = "rbac.authorization.k8s.io/v1";

/** The AWS provider's account and rights: it reads roles off ServiceAccounts, and regions off Pods and Nodes. */
export function awsProviderManifests(namespace: string = AWS_PROVIDER_NAMESPACE): KubeObject[] {
  const name = AWS_PROVIDER_SERVICE_ACCOUNT;
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: RBAC,
      kind: "ClusterRole",
      metadata: { name: `${name}-cluster-role` },
      rules: [{ apiGroups: [""], resources: ["serviceaccounts", "pods", "nodes"], verbs: ["get"] }],
    },
    {
      apiVersion: RBAC,
      kind: "ClusterRoleBinding",
      metadata: { name: `${name}-cluster-rolebinding` },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `${name}-cluster-role` },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}
