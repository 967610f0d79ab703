import type { KubeObject } from "../../../../../kube/types.ts";
import { CONTROLLER_ROLES } from "./bootstrap-controllers.ts";
import { COMPONENT_ROLES, RULES_OF_USERS } from "./bootstrap-roles.ts";
import type { PolicyRule } from "./rules.ts";
import { RBAC_GROUP, type Subject } from "./types.ts";

/**
 * The roles and bindings every API server creates at its first start (k8s.io/kubernetes,
 * plugin/pkg/auth/authorizer/rbac/bootstrappolicy), as far as the served kinds need them. `system:node` is bound to
 * nobody: the node authorizer speaks for kubelets.
 */
export function bootstrapRbac(): KubeObject[] {
  const objects: KubeObject[] = [];
  for (const [name, rules] of Object.entries(COMPONENT_ROLES)) objects.push(clusterRole(name, rules));
  for (const [name, rules] of Object.entries(RULES_OF_USERS))
    objects.push(clusterRole(`system:aggregate-to-${name}`, rules, { [aggregateTo(name)]: "true" }));
  for (const [name, feeds] of [["admin"], ["edit", "admin"], ["view", "edit"]] as const)
    objects.push({
      ...clusterRole(name ?? "", rulesUpTo(name ?? ""), feeds === undefined ? {} : { [aggregateTo(feeds)]: "true" }),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateTo(name ?? "")]: "true" } }] },
    });
  for (const [name, groups] of Object.entries(GROUP_BINDINGS))
    objects.push(
      clusterRoleBinding(
        name,
        groups.map((group) => ({ kind: "Group", apiGroup: RBAC_GROUP, name: group })),
      ),
    );
  for (const [name, user] of Object.entries(USER_BINDINGS))
    objects.push(clusterRoleBinding(name, [{ kind: "User", apiGroup: RBAC_GROUP, name: user }]));
  for (const [name, rules] of Object.entries(CONTROLLER_ROLES)) {
    const role = `system:controller:${name}`;
    objects.push(clusterRole(role, rules));
    objects.push(clusterRoleBinding(role, [{ kind: "ServiceAccount", name, namespace: "kube-system" }]));
  }
  return objects;
}

const GROUP_BINDINGS: Readonly<Record<string, readonly string[]>> = {
  "cluster-admin": ["system:masters"],
  "system:monitoring": ["system:monitoring"],
  "system:discovery": ["system:authenticated"],
  "system:basic-user": ["system:authenticated"],
  "system:public-info-viewer": ["system:authenticated", "system:unauthenticated"],
  "system:service-account-issuer-discovery": ["system:serviceaccounts"],
  "system:node": [],
};

const USER_BINDINGS: Readonly<Record<string, string>> = {
  "system:kube-controller-manager": "system:kube-controller-manager",
  "system:kube-scheduler": "system:kube-scheduler",
  "system:volume-scheduler": "system:kube-scheduler",
};

function aggregateTo(name: string): string {
  return `${RBAC_GROUP}/aggregate-to-${name}`;
}

/** What the aggregation of `name` comes to, so that the stored role shows its rules from the start. */
function rulesUpTo(name: string): readonly PolicyRule[] {
  const { admin = [], edit = [], view = [] } = RULES_OF_USERS;
  if (name === "view") return view;
  return name === "edit" ? [...edit, ...view] : [...edit, ...view, ...admin];
}

function meta(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject["metadata"] {
  return {
    name,
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...labels },
    annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
  };
}

function clusterRole(
  name: string,
  rules: readonly PolicyRule[],
  labels: Readonly<Record<string, string>> = {},
): KubeObject {
  return { apiVersion: `${RBAC_GROUP}/v1`, kind: "ClusterRole", metadata: meta(name, labels), rules };
}

function clusterRoleBinding(name: string, subjects: readonly Subject[]): KubeObject {
  return {
    apiVersion: `${RBAC_GROUP}/v1`,
    kind: "ClusterRoleBinding",
    metadata: meta(name),
    roleRef: { apiGroup: RBAC_GROUP, kind: "ClusterRole", name },
    ...(subjects.length === 0 ? {} : { subjects }),
  };
}
