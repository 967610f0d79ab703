import { selects } from "../../../../../kube/label-selector.ts";
import type { PolicyRule } from "./rules.ts";
import type { ClusterRole } from "./types.ts";

/**
 * The rules of an aggregated ClusterRole: those of every other ClusterRole its selectors choose, by name, each rule
 * once (kube-controller-manager, clusterroleaggregation).
 */
export function aggregatedRules(role: ClusterRole, all: Iterable<ClusterRole>): PolicyRule[] {
  return collect(role, [...all], new Set());
}

/** A chosen role may be aggregated itself (`admin` takes in `edit`, which takes in `view`). */
function collect(role: ClusterRole, all: readonly ClusterRole[], under: ReadonlySet<string>): PolicyRule[] {
  const { name: own = "" } = role.metadata;
  if (under.has(own)) return [];
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
  const chosen = all
    .filter((other) => other.metadata.name !== own)
    .filter((other) => selectors.some((selector) => selects(selector, other.metadata.labels ?? {})))
    .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const other of chosen)
    for (const rule of other.aggregationRule === undefined
      ? (other.rules ?? [])
      : collect(other, all, new Set([...under, own]))) {
      const key = JSON.stringify([
        rule.verbs,
        rule.apiGroups,
        rule.resources,
        rule.resourceNames,
        rule.nonResourceURLs,
      ]);
      if (!rules.has(key)) rules.set(key, rule);
    }
  return [...rules.values()];
}
