import type { Action, Decision } from "../attributes.ts";
import { MASTERS, serviceAccountUserName, type User } from "../user.ts";
import { aggregatedRules } from "./aggregation.ts";
import { type PolicyRule, ruleAllows } from "./rules.ts";
import { type Binding, RBAC_GROUP, type RbacObjects, type RoleRef } from "./types.ts";

type Grant = {
  /** Empty for a ClusterRoleBinding: then it speaks everywhere. */
  readonly namespace: string;
  readonly roleRef: RoleRef;
  /** `RoleBinding "rb/ns" of Role "r" to ServiceAccount "app/ns"` */
  readonly text: string;
};

/** Decisions remembered per user; beyond it the memory of that user starts afresh. */
const REMEMBERED_PER_USER = 2000;

/**
 * Decides by Role, ClusterRole and their bindings. Bindings are indexed by subject when first asked after a change;
 * decisions are remembered per user until {@link RbacAuthorizer.changed}.
 */
export class RbacAuthorizer {
  readonly #objects: RbacObjects;
  #grants: ReadonlyMap<string, readonly Grant[]> | undefined;
  #aggregated = new Map<string, readonly PolicyRule[]>();
  #decisions = new WeakMap<User, Map<string, Decision>>();

  constructor(objects: RbacObjects) {
    this.#objects = objects;
  }

  /** To be called after every write of an RBAC object. */
  changed(): void {
    this.#grants = undefined;
    this.#aggregated = new Map();
    this.#decisions = new WeakMap();
  }

  authorize(user: User, action: Action): Decision {
    let known = this.#decisions.get(user);
    if (known === undefined || known.size > REMEMBERED_PER_USER) {
      known = new Map();
      this.#decisions.set(user, known);
    }
    const key =
      action.kind === "path"
        ? `${action.verb} ${action.path}`
        : `${action.verb}|${action.group}|${action.resource}|${action.subresource ?? ""}|${action.namespace ?? ""}|${action.name ?? ""}`;
    let decision = known.get(key);
    if (decision === undefined) {
      decision = this.#decide(user, action);
      known.set(key, decision);
    }
    return decision;
  }

  /** Every rule that speaks for the user in a namespace, cluster-wide ones first. */
  rulesFor(
    user: User,
    namespace: string,
  ): { readonly rules: readonly PolicyRule[]; readonly errors: readonly string[] } {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    if (user.groups.includes(MASTERS))
      rules.push({ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, { verbs: ["*"], nonResourceURLs: ["*"] });
    for (const grant of this.#grantsOf(user, namespace)) {
      const found = this.#rules(grant);
      if (typeof found === "string") errors.push(found);
      else rules.push(...found);
    }
    return { rules, errors };
  }

  #decide(user: User, action: Action): Decision {
    if (user.groups.includes(MASTERS)) return { allowed: true, reason: "" };
    const namespace = action.kind === "resource" ? (action.namespace ?? "") : "";
    const errors: string[] = [];
    for (const grant of this.#grantsOf(user, namespace)) {
      const rules = this.#rules(grant);
      if (typeof rules === "string") errors.push(rules);
      else if (rules.some((rule) => ruleAllows(rule, action)))
        return { allowed: true, reason: `RBAC: allowed by ${grant.text}` };
    }
    const unique = [...new Set(errors)];
    const reason = unique.length === 0 ? "" : `RBAC: ${unique.length === 1 ? unique[0] : `[${unique.join(", ")}]`}`;
    return { allowed: false, reason };
  }

  *#grantsOf(user: User, namespace: string): Iterable<Grant> {
    const index = this.#index();
    const mine = [index.get(`u:${user.name}`), ...user.groups.map((group) => index.get(`g:${group}`))];
    for (const grants of mine) for (const grant of grants ?? []) if (grant.namespace === "") yield grant;
    if (namespace === "") return;
    for (const grants of mine) for (const grant of grants ?? []) if (grant.namespace === namespace) yield grant;
  }

  /** The rules a grant gives, or why it gives none. */
  #rules(grant: Grant): readonly PolicyRule[] | string {
    const { kind, name } = grant.roleRef;
    if (kind === "Role") {
      const role = this.#objects.role(grant.namespace, name);
      return role === undefined ? `role.${RBAC_GROUP} "${name}" not found` : (role.rules ?? []);
    }
    const role = this.#objects.clusterRole(name);
    if (role === undefined) return `clusterrole.${RBAC_GROUP} "${name}" not found`;
    if (role.aggregationRule === undefined) return role.rules ?? [];
    let rules = this.#aggregated.get(name);
    if (rules === undefined) {
      rules = aggregatedRules(role, this.#objects.clusterRoles());
      this.#aggregated.set(name, rules);
    }
    return rules;
  }

  #index(): ReadonlyMap<string, readonly Grant[]> {
    if (this.#grants !== undefined) return this.#grants;
    const index = new Map<string, Grant[]>();
    for (const binding of this.#objects.clusterRoleBindings()) addGrants(index, binding, "");
    for (const binding of this.#objects.roleBindings()) addGrants(index, binding, binding.metadata.namespace ?? "");
    this.#grants = index;
    return index;
  }
}

function addGrants(index: Map<string, Grant[]>, binding: Binding, namespace: string): void {
  const { name = "" } = binding.metadata;
  const bound = namespace === "" ? `ClusterRoleBinding "${name}"` : `RoleBinding "${name}/${namespace}"`;
  for (const subject of binding.subjects ?? []) {
    const home = subject.namespace || namespace;
    const key = subjectKey(subject.kind, subject.name, home);
    if (key === undefined) continue;
    const who = subject.kind === "ServiceAccount" ? `${subject.name}/${home}` : subject.name;
    const text = `${bound} of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${subject.kind} "${who}"`;
    const grants = index.get(key) ?? [];
    grants.push({ namespace, roleRef: binding.roleRef, text });
    index.set(key, grants);
  }
}

function subjectKey(kind: string, name: string, namespace: string): string | undefined {
  if (kind === "User") return `u:${name}`;
  if (kind === "Group") return `g:${name}`;
  // A ServiceAccount without a namespace in a ClusterRoleBinding names nobody.
  if (kind === "ServiceAccount" && namespace !== "") return `u:${serviceAccountUserName(namespace, name)}`;
  return undefined;
}
