import type { Mount } from "../core/mounts.ts";
import { limitsOf, type VaultState } from "../core/state.ts";
import { refuse } from "../framework/errors.ts";
import type { AuthGrant, VaultRequest, VaultResponse } from "../framework/request.ts";
import { sanitizePolicies } from "../policy/policy-store.ts";
import { authBlock } from "./auth-block.ts";
import type { TokenEntry } from "./token.ts";
import { calculateTtl } from "./ttl.ts";

/** Makes the token of a login: its entity, its policies, its TTL. Logins are orphans. */
export function startLogin(
  state: VaultState,
  request: VaultRequest,
  mount: Mount,
  grant: AuthGrant,
): { readonly response: VaultResponse; readonly token: TokenEntry } {
  const policies = sanitizePolicies(grant.policies, !grant.noDefaultPolicy);
  if (policies.includes("root")) throw refuse("auth methods cannot create root tokens");
  const entity = state.entities.login(
    {
      name: grant.aliasName,
      mountAccessor: mount.accessor,
      mountPath: mount.path,
      mountType: mount.type,
      metadata: grant.aliasMetadata,
    },
    request.namespace,
    state.clock.now(),
  );
  const ttl = calculateTtl(limitsOf(mount), {
    backendTtl: grant.ttl,
    backendMaxTtl: grant.maxTtl,
    period: grant.period,
    explicitMaxTtl: grant.explicitMaxTtl,
  });
  const token = state.tokens.create({
    policies,
    path: request.path,
    namespace: request.namespace,
    // `kubernetes-production-app`: the mount's path in front, as Vault shows it.
    displayName: `${mount.path
      .replace(/^auth\//, "")
      .replace(/\/$/, "")
      .replaceAll("/", "-")}-${grant.displayName}`,
    meta: grant.metadata,
    numUses: grant.numUses,
    ttl: ttl.seconds,
    explicitMaxTtl: grant.explicitMaxTtl,
    maxTtl: grant.maxTtl,
    period: grant.period,
    renewable: grant.tokenType === "service",
    entityId: entity.id,
    type: grant.tokenType,
    boundCidrs: grant.boundCidrs,
    renew: grant.renew,
  });
  return { token, response: { auth: authBlock(token, ttl.seconds), warnings: ttl.warnings } };
}
