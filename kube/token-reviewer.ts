import type { KubeObject } from "./types.ts";

/**
 * The account of a server that has pods' tokens reviewed, as its chart brings it: its namespace, itself, and the
 * ClusterRole that lets it (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#other-component-roles).
 */
export function tokenReviewer(namespace: string, name: string): KubeObject[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: `${name}-server-binding` },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    } as KubeObject,
  ];
}
