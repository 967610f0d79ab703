import type { Action, PathAction, ResourceAction } from "../attributes.ts";

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export type PolicyRule = {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
};

const ALL = "*";

/** Whether one rule allows the action (k8s.io/kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go). */
export function ruleAllows(rule: PolicyRule, action: Action): boolean {
  if (!matches(rule.verbs, action.verb)) return false;
  return action.kind === "path" ? pathMatches(rule, action) : resourceMatches(rule, action);
}

function resourceMatches(rule: PolicyRule, action: ResourceAction): boolean {
  return (
    matches(rule.apiGroups, action.group) &&
    namesResource(rule.resources, action) &&
    // Without a name only a rule for all names speaks: create and plain list are never covered by resourceNames.
    (!rule.resourceNames?.length || rule.resourceNames.includes(action.name ?? ""))
  );
}

function namesResource(resources: readonly string[] | undefined, action: ResourceAction): boolean {
  if (resources === undefined) return false;
  const { resource, subresource } = action;
  const wanted = subresource ? `${resource}/${subresource}` : resource;
  return resources.some(
    (named) => named === ALL || named === wanted || (subresource !== undefined && named === `*/${subresource}`),
  );
}

function pathMatches(rule: PolicyRule, action: PathAction): boolean {
  return (rule.nonResourceURLs ?? []).some(
    (url) => url === ALL || url === action.path || (url.endsWith(ALL) && action.path.startsWith(url.slice(0, -1))),
  );
}

function matches(allowed: readonly string[] | undefined, wanted: string): boolean {
  return allowed !== undefined && (allowed.includes(ALL) || allowed.includes(wanted));
}
