import type { KubeObject } from "../../kube/index.ts";

/** A rule of RBAC as it can be taken away by itself: `get pods`, `create tokens/x.example.com`. */
export type Right = string;

type Rule = {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs?: readonly string[];
};

/** @param group empty for the core group */
export function rightOf(verb: string, group: string, resource: string): Right {
  return `${verb} ${resource}${group === "" ? "" : `.${group}`}`;
}

function rightsOfRule({ apiGroups = [], resources = [], verbs = [] }: Rule): Right[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) => verbs.map((verb) => rightOf(verb, group, resource))),
  );
}

/** The ClusterRoles that the manifests bind to an account. */
function boundRoles(manifests: readonly KubeObject[]): ReadonlySet<string> {
  const bindings = manifests.filter(({ kind }) => kind === "ClusterRoleBinding");
  return new Set(bindings.map((binding) => (binding["roleRef"] as { name: string }).name));
}

const isBoundRole = (manifests: readonly KubeObject[]): ((manifest: KubeObject) => boolean) => {
  const bound = boundRoles(manifests);
  return ({ kind, metadata }) => kind === "ClusterRole" && bound.has(metadata.name ?? "");
};

/** What the manifests let the account do that they bind their roles to. */
export function rightsOf(manifests: readonly KubeObject[]): Right[] {
  const rules = manifests.filter(isBoundRole(manifests)).flatMap((role) => (role["rules"] ?? []) as Rule[]);
  return [...new Set(rules.flatMap(rightsOfRule))].sort();
}

/** The manifests, their account without this one right. */
export function withoutRight(manifests: readonly KubeObject[], right: Right): KubeObject[] {
  const isBound = isBoundRole(manifests);
  return manifests.map((manifest) => {
    if (!isBound(manifest)) return manifest;
    const rules = ((manifest["rules"] ?? []) as Rule[]).flatMap((rule) => {
      if (!rightsOfRule(rule).includes(right)) return [rule];
      const { apiGroups = [], resources = [], verbs = [] } = rule;
      return apiGroups.flatMap((group) =>
        resources.map((resource) => ({
          ...rule,
          apiGroups: [group],
          resources: [resource],
          verbs: verbs.filter((verb) => rightOf(verb, group, resource) !== right),
        })),
      );
    });
    return { ...manifest, rules };
  });
}
