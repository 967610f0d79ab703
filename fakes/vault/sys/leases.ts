import type { VaultState } from "../core/state.ts";
import { listBelow, listOf, type PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";
import { goTime } from "../values/duration.ts";

/** `leases/…`: look up, renew and revoke what was given out, and the older paths of the same. */
export function leasePaths(state: VaultState): PathSpec[] {
  const fields = { lease_id: "string", increment: "seconds", sync: "bool" } as const;
  const renew = (call: Call): Result => {
    const { lease, seconds, warnings } = state.leases.renew(leaseId(call), call.fields.int("increment"));
    return { leaseId: lease.id, secret: { seconds, renewable: lease.secret.renewable }, warnings };
  };
  const revoke = async (call: Call): Promise<Result> => {
    const id = leaseId(call);
    await state.leases.revoke(id);
    return call.fields.bool("sync") ? undefined : { status: 204 };
  };
  const revokePrefix = async (call: Call): Promise<Result> => {
    const prefix = call.fields.string("prefix");
    for (const id of state.leases.ids(prefix)) await state.leases.revoke(id);
    for (const token of state.tokens.all()) if (token.path.startsWith(prefix)) state.tokens.revoke(token);
    return undefined;
  };
  return [
    {
      pattern: /^leases\/lookup\/(?<prefix>.*)$/,
      operations: { list: (call) => listOf(listBelow(state.leases.ids(), call.fields.string("prefix"))) },
    },
    { pattern: /^leases\/lookup$/, fields, operations: { update: (call) => lookup(state, call) } },
    { pattern: /^(?:leases\/)?renew(?:\/(?<url_lease_id>.+))?$/, fields, operations: { update: renew } },
    { pattern: /^(?:leases\/)?revoke(?:\/(?<url_lease_id>.+))?$/, fields, operations: { update: revoke } },
    {
      pattern: /^(?:leases\/)?revoke-(?:prefix|force)\/(?<prefix>.+)$/,
      fields,
      operations: { update: revokePrefix },
    },
    { pattern: /^leases\/tidy$/, operations: { update: () => ({ status: 204 }) } },
    {
      pattern: /^leases\/count$/,
      operations: { read: () => ({ data: { lease_count: state.leases.ids().length, counts: {} } }) },
    },
  ];
}

function leaseId({ fields }: Call): string {
  const id = fields.string("lease_id") || fields.string("url_lease_id");
  if (id === "") throw refuse("lease_id must be specified");
  return id;
}

function lookup(state: VaultState, call: Call): Result {
  const id = leaseId(call);
  const lease = state.leases.get(id);
  if (lease === undefined) throw refuse("invalid lease");
  return {
    data: {
      expire_time: goTime(lease.expiresAt),
      id,
      issue_time: goTime(lease.issuedAt),
      last_renewal: lease.lastRenewal === undefined ? null : goTime(lease.lastRenewal),
      renewable: lease.secret.renewable,
      ttl: state.leases.ttl(lease),
    },
  };
}
