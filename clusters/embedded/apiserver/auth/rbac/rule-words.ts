import type { PolicyRule } from "./rules.ts";

/** Rules in the words of the policy's source: `allow(READ, "apps", "deployments", "deployments/scale")`. */
export function allow(verbs: string, group: string, ...resources: string[]): PolicyRule {
  return { verbs: verbs.split(" "), apiGroups: [group], resources };
}

export function allowPaths(...nonResourceURLs: string[]): PolicyRule {
  return { verbs: ["get"], nonResourceURLs };
}

export const READ = "get list watch";
export const WRITE = "create delete deletecollection patch update";
export const ALL_VERBS = "create delete deletecollection get list patch update watch";
