import type { JsonObject } from "../../../core/go/json.ts";
import type { VaultState } from "../core/state.ts";
import { limitsOf } from "../core/state.ts";
import { type Backend, listOf, type PathSpec } from "../framework/backend.ts";
import { fail, refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";
import { goTime } from "../values/duration.ts";
import { authBlock } from "./auth-block.ts";
import { createPaths } from "./create.ts";
import { rolePaths, type TokenRole } from "./roles.ts";
import type { TokenEntry } from "./token.ts";
import { calculateTtl } from "./ttl.ts";

/** `auth/token/`: create, look up, renew and revoke tokens. */
export function tokenBackend(state: VaultState): Backend {
  const roles = new Map<string, TokenRole>();
  return {
    type: "token",
    sudo: ["revoke-orphan/*", "accessors*"],
    paths: [
      ...createPaths(state, roles),
      ...lookupPaths(state),
      ...renewPaths(state),
      ...revokePaths(state),
      {
        pattern: /^accessors\/?$/,
        operations: { list: (call) => listOf(state.tokens.accessors(call.request.namespace)) },
      },
      { pattern: /^tidy$/, operations: { update: () => ({ status: 202, warnings: [] }) } },
      ...rolePaths(roles),
    ],
  };
}

function lookupPaths(state: VaultState): PathSpec[] {
  const lookup = (call: Call): Result => {
    const id = call.fields.string("token") || (call.token?.id ?? "");
    const token = state.tokens.lookup(id);
    if (token === undefined) throw refuse("bad token", 403);
    return { data: describeToken(state, token) };
  };
  return [
    {
      pattern: /^lookup-self$/,
      fields: { token: "string" },
      operations: { read: (call) => ({ data: describeToken(state, callerOf(call)) }), update: lookup },
    },
    { pattern: /^lookup$/, fields: { token: "string" }, operations: { read: lookup, update: lookup } },
    {
      pattern: /^lookup-accessor$/,
      fields: { accessor: "string" },
      operations: {
        update: (call) => ({ data: { ...describeToken(state, byAccessor(state, call)), id: "" } }),
      },
    },
  ];
}

function renewPaths(state: VaultState): PathSpec[] {
  const fields = { token: "string", increment: "seconds" } as const;
  const byId = (call: Call): Result => {
    const id = call.fields.string("token");
    if (id === "") throw refuse("missing token ID");
    const token = state.tokens.lookup(id);
    if (token === undefined) throw refuse("token not found");
    return renew(state, call, token);
  };
  return [
    {
      pattern: /^renew-self$/,
      fields,
      operations: { update: (call) => renew(state, call, callerOf(call)) },
    },
    { pattern: /^renew$/, fields, operations: { update: byId } },
    {
      pattern: /^renew-accessor$/,
      fields: { accessor: "string", increment: "seconds" },
      operations: {
        update: (call) => {
          const result = renew(state, call, byAccessor(state, call));
          return result?.auth === undefined ? result : { ...result, auth: { ...result.auth, clientToken: "" } };
        },
      },
    },
  ];
}

function renew(state: VaultState, call: Call, token: TokenEntry): Result {
  if (token.type === "batch") throw refuse("batch tokens cannot be renewed");
  if (token.expiresAt === undefined) throw refuse("lease is not renewable");
  if (!token.renewable) throw refuse("lease is not renewable");
  const asked = token.renew?.() ?? { ttl: token.creationTtl, maxTtl: token.maxTtl, period: token.period };
  const now = state.clock.now();
  const mount = token.namespace.mounts.route(token.path);
  const ttl = calculateTtl(mount === undefined ? { defaultTtl: 0, maxTtl: 0 } : limitsOf(mount), {
    increment: call.fields.int("increment"),
    backendTtl: asked.ttl,
    backendMaxTtl: asked.maxTtl,
    period: asked.period,
    explicitMaxTtl: token.explicitMaxTtl,
    age: Math.floor((now - token.issuedAt) / 1000),
  });
  token.expiresAt = now + ttl.seconds * 1000;
  token.lastRenewal = now;
  return { auth: authBlock(token, ttl.seconds), warnings: ttl.warnings };
}

function revokePaths(state: VaultState): PathSpec[] {
  const revoke = (token: TokenEntry | undefined): Result => {
    if (token?.type === "batch") throw refuse("batch tokens cannot be revoked");
    if (token !== undefined) state.tokens.revoke(token);
    return undefined;
  };
  const byId = (call: Call): TokenEntry | undefined => {
    const id = call.fields.string("token");
    if (id === "") throw refuse("missing token ID");
    return state.tokens.lookup(id);
  };
  return [
    { pattern: /^revoke-self$/, operations: { update: (call) => revoke(callerOf(call)) } },
    { pattern: /^revoke$/, fields: { token: "string" }, operations: { update: (call) => revoke(byId(call)) } },
    {
      pattern: /^revoke-accessor$/,
      fields: { accessor: "string" },
      operations: {
        update: (call) => {
          const accessor = call.fields.string("accessor");
          if (accessor === "") throw fail("missing accessor", 400);
          const token = state.tokens.byAccessor(accessor);
          return token === undefined ? { warnings: ["No token found with this accessor"] } : revoke(token);
        },
      },
    },
    {
      pattern: /^revoke-orphan$/,
      fields: { token: "string" },
      operations: {
        update: (call) => {
          if (!call.isSudo) throw refuse("root or sudo privileges required to revoke and orphan");
          const token = byId(call);
          if (token === undefined) throw refuse("token to revoke not found");
          if (token.type === "batch") throw refuse("batch tokens cannot be revoked");
          state.tokens.revokeOrphaning(token);
          return undefined;
        },
      },
    },
  ];
}

function byAccessor(state: VaultState, call: Call): TokenEntry {
  const accessor = call.fields.string("accessor");
  if (accessor === "") throw fail("missing accessor", 400);
  const token = state.tokens.byAccessor(accessor);
  if (token === undefined) throw fail("invalid accessor", 400);
  return token;
}

function callerOf(call: Call): TokenEntry {
  if (call.token === undefined) throw refuse("bad token", 403);
  return call.token;
}

/** A token as `lookup` shows it. */
export function describeToken(state: VaultState, token: TokenEntry): JsonObject {
  const entity = token.entityId === "" ? undefined : state.entities.get(token.entityId);
  return {
    accessor: token.accessor,
    creation_time: Math.floor(token.issuedAt / 1000),
    creation_ttl: token.creationTtl,
    display_name: token.displayName,
    entity_id: token.entityId,
    expire_time: token.expiresAt === undefined ? null : goTime(token.expiresAt),
    explicit_max_ttl: token.explicitMaxTtl,
    id: token.id,
    meta: token.meta === null ? null : { ...token.meta },
    num_uses: Math.max(0, token.usesLeft),
    orphan: token.parent === undefined,
    path: token.path,
    policies: [...token.policies],
    ttl: token.expiresAt === undefined ? 0 : Math.max(0, Math.floor((token.expiresAt - state.clock.now()) / 1000)),
    type: token.type,
    // The first root token alone has no lease.
    ...(token.path === "auth/token/root" ? {} : { issue_time: goTime(token.issuedAt), renewable: token.renewable }),
    ...(token.lastRenewal === undefined
      ? {}
      : { last_renewal: goTime(token.lastRenewal), last_renewal_time: Math.floor(token.lastRenewal / 1000) }),
    ...(token.period === 0 ? {} : { period: token.period }),
    ...(token.role === undefined ? {} : { role: token.role }),
    ...(token.boundCidrs.length === 0 ? {} : { bound_cidrs: [...token.boundCidrs] }),
    ...(token.namespace.isRoot ? {} : { namespace_path: token.namespace.path }),
    ...(entity === undefined || entity.policies.length === 0
      ? {}
      : { identity_policies: entity.policies, external_namespace_policies: {} }),
  };
}
