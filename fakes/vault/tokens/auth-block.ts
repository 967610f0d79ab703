import type { AuthBlock } from "../framework/request.ts";
import type { TokenEntry } from "./token.ts";

/** `auth` of a token, as create, renew and login answer it. */
export function authBlock(token: TokenEntry, leaseSeconds: number): AuthBlock {
  return {
    clientToken: token.id,
    accessor: token.accessor,
    policies: token.policies,
    metadata: token.meta,
    leaseSeconds,
    renewable: token.renewable,
    entityId: token.entityId,
    tokenType: token.type,
    orphan: token.parent === undefined,
    numUses: Math.max(0, token.usesLeft),
  };
}
