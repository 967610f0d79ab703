import type { LabelSelector } from "../../../../../kube/label-selector.ts";
import type { KubeObject } from "../../../../../kube/types.ts";
import type { PolicyRule } from "./rules.ts";

export type Subject = {
  readonly kind: string;
  readonly apiGroup?: string;
  readonly name: string;
  readonly namespace?: string;
};

export type RoleRef = { readonly apiGroup: string; readonly kind: string; readonly name: string };

export type Role = KubeObject & { rules?: readonly PolicyRule[] | null };
export type ClusterRole = Role & { aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] } };
export type Binding = KubeObject & { subjects?: readonly Subject[] | null; roleRef: RoleRef };

export const RBAC_GROUP = "rbac.authorization.k8s.io";

/** The RBAC objects as they are now. */
export interface RbacObjects {
  role(namespace: string, name: string): Role | undefined;
  clusterRole(name: string): ClusterRole | undefined;
  clusterRoles(): Iterable<ClusterRole>;
  clusterRoleBindings(): Iterable<Binding>;
  roleBindings(): Iterable<Binding>;
}
