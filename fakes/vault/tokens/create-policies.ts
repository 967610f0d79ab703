import { refuse } from "../framework/errors.ts";
import type { Call } from "../framework/request.ts";
import { globMatches } from "../policy/acl.ts";
import { sanitizePolicies } from "../policy/policy-store.ts";
import type { TokenRole } from "./roles.ts";
import type { TokenEntry } from "./token.ts";

/** The policies of a new token: a subset of its parent's, or what its role allows, `default` added where due. */
export function resolvePolicies({ fields, isSudo, request }: Call, parent: TokenEntry, role?: TokenRole): string[] {
  const asked = fields.list("policies");
  const noDefault = fields.bool("no_default_policy");
  let policies: string[];
  let addDefault = false;
  if (role !== undefined && hasRules(role)) policies = fromRole(asked, noDefault, parent, role);
  else if (request.namespace !== parent.namespace) {
    policies = asked;
    addDefault = !noDefault;
  } else if (asked.length === 0) policies = sanitizePolicies(parent.policies, false);
  else if (isSudo) {
    policies = asked;
    addDefault = !noDefault;
  } else {
    const wanted = sanitizePolicies(asked, false);
    if (!parent.policies.includes("root") && !wanted.every((name) => parent.policies.includes(name)))
      throw refuse("child policies must be subset of parent");
    policies = asked;
    addDefault = !noDefault && parent.policies.includes("default");
  }
  const final = sanitizePolicies(policies, addDefault).filter((name) => !noDefault || name !== "default");
  if (final.includes("response-wrapping")) throw refuse('cannot assign policy "response-wrapping"');
  return final;
}

function hasRules(role: TokenRole): boolean {
  return (
    role.allowedPolicies.length +
      role.disallowedPolicies.length +
      role.allowedPoliciesGlob.length +
      role.disallowedPoliciesGlob.length >
    0
  );
}

function fromRole(asked: readonly string[], noDefault: boolean, parent: TokenEntry, role: TokenRole): string[] {
  const isDisallowed = (name: string): boolean =>
    role.disallowedPolicies.includes(name) || role.disallowedPoliciesGlob.some((glob) => globMatches(glob, name));
  const addDefault = !noDefault && !role.noDefaultPolicy && !isDisallowed("default");
  let final = asked.length === 0 ? [] : sanitizePolicies(asked, addDefault);
  if (role.allowedPolicies.length > 0 || role.allowedPoliciesGlob.length > 0) {
    const allowed = sanitizePolicies(role.allowedPolicies, addDefault);
    if (final.length === 0) final = allowed;
    else if (
      !final.every((name) => allowed.includes(name) || role.allowedPoliciesGlob.some((glob) => globMatches(glob, name)))
    )
      throw refuse(
        `token policies (${quoted(final)}) must be subset of the role's allowed policies (${quoted(allowed)}) or glob policies (${quoted(role.allowedPoliciesGlob)})`,
      );
  } else if (final.length === 0) final = sanitizePolicies(parent.policies, addDefault);
  const odd = final.find(isDisallowed);
  if (odd !== undefined) throw refuse(`token policy ${JSON.stringify(odd)} is disallowed by this role`);
  return final;
}

function quoted(names: readonly string[]): string {
  return `[${names.map((name) => JSON.stringify(name)).join(" ")}]`;
}
