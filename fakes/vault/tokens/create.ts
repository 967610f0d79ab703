import type { VaultState } from "../core/state.ts";
import { limitsOf } from "../core/state.ts";
import type { PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";
import { parseSeconds } from "../values/duration.ts";
import { authBlock } from "./auth-block.ts";
import { resolvePolicies } from "./create-policies.ts";
import type { TokenRole } from "./roles.ts";
import type { TokenEntry } from "./token.ts";
import { calculateTtl, SYSTEM_TTL } from "./ttl.ts";

const FIELDS = {
  display_name: "string",
  entity_alias: "string",
  explicit_max_ttl: "string",
  id: "string",
  lease: "string",
  meta: "kvPairs",
  no_default_policy: "bool",
  no_parent: "bool",
  num_uses: "int",
  period: "string",
  policies: "strings",
  renewable: "bool",
  ttl: "string",
  type: "string",
} as const;

/** `create`, `create-orphan`, `create/<role>`. */
export function createPaths(state: VaultState, roles: ReadonlyMap<string, TokenRole>): PathSpec[] {
  return [
    { pattern: /^create-orphan$/, fields: FIELDS, operations: { update: (call) => create(state, call, true) } },
    { pattern: /^create$/, fields: FIELDS, operations: { update: (call) => create(state, call, false) } },
    {
      pattern: /^create\/(?<role_name>[^/]+)$/,
      fields: FIELDS,
      operations: {
        update: (call) => {
          const name = call.fields.string("role_name");
          const role = roles.get(name);
          if (role === undefined) throw refuse(`unknown role ${name}`);
          return create(state, call, false, role);
        },
      },
    },
  ];
}

function create(state: VaultState, call: Call, isOrphan: boolean, role?: TokenRole): Result {
  const { fields, isSudo, request } = call;
  const parent = call.token;
  if (parent === undefined) throw refuse("parent token lookup failed: no parent found");
  if (parent.type === "batch") throw refuse("batch tokens cannot create more tokens");
  if (parent.usesLeft !== 0) throw refuse("restricted use token cannot generate child tokens");
  checkNamespaces(call, parent);
  const type = typeOf(call, role);
  if (fields.int("num_uses") < 0) throw refuse("number of uses cannot be negative");
  const id = fields.string("id");
  if (id !== "" && !isSudo) throw refuse("root or sudo privileges required to specify token id");
  if (id !== "" && !request.namespace.isRoot)
    throw refuse("token IDs can only be manually specified in the root namespace");
  if (id.startsWith("hvs.") || id.startsWith("s."))
    throw refuse(`custom token ID cannot have the '${id.startsWith("hvs.") ? "hvs." : "s."}' prefix`);
  if (id.includes(".")) throw refuse("custom token ID cannot have a '.' in the value");
  if (id !== "" && state.tokens.has(id)) throw refuse("cannot create a token with a duplicate ID");
  const policies = resolvePolicies(call, parent, role);
  if (policies.includes("root")) {
    if (!parent.policies.includes("root"))
      throw refuse("root tokens may not be created without parent token being root");
    if (type === "batch") throw refuse("batch tokens cannot be root tokens");
  }
  const hasParent = !(role === undefined ? isOrphan || withoutParent(call) : role.isOrphan);
  const lifetime = lifetimeOf(call, policies, parent, role);
  const token = state.tokens.create({
    ...(id === "" ? {} : { id }),
    policies,
    path: `auth/token/${call.path}${role?.pathSuffix ? `/${role.pathSuffix}` : ""}`,
    namespace: request.namespace,
    displayName: displayNameOf(fields.string("display_name")),
    meta: fields.has("meta") ? fields.pairs("meta") : null,
    numUses: smallest(fields.int("num_uses"), role?.numUses ?? 0),
    ...(hasParent ? { parent: parent.id, entityId: parent.entityId } : {}),
    ttl: lifetime.ttl,
    explicitMaxTtl: lifetime.explicitMaxTtl,
    period: lifetime.period,
    renewable: type !== "batch" && lifetime.ttl > 0 && fields.bool("renewable", true) && (role?.isRenewable ?? true),
    type,
    ...(role === undefined ? {} : { role: role.name }),
    boundCidrs: role === undefined ? (hasParent ? parent.boundCidrs : []) : role.boundCidrs,
  });
  const warnings = [...lifetime.warnings];
  if (id !== "")
    warnings.push(
      "Supplying a custom ID for the token uses the weaker SHA1 hashing instead of the more secure SHA2-256 HMAC for token obfuscation. SHA1 hashed tokens on the wire leads to less secure lookups.",
    );
  for (const name of policies)
    if (name !== "root" && request.namespace.policies.get(name) === undefined)
      warnings.push(`Policy ${JSON.stringify(name)} does not exist`);
  return { auth: authBlock(token, lifetime.ttl), warnings };
}

function checkNamespaces({ fields, isSudo, request }: Call, parent: TokenEntry): void {
  if (request.namespace === parent.namespace) return;
  if (!isSudo) throw refuse("root or sudo privileges required to directly generate a token in a child namespace");
  if (fields.list("policies").includes("root")) throw refuse("root tokens may not be created from a parent namespace");
}

function withoutParent({ fields, isSudo, request, token }: Call): boolean {
  // A token of a parent namespace cannot own one below: what it makes there stands alone.
  if (request.namespace !== token?.namespace) return true;
  if (!fields.bool("no_parent")) return false;
  if (!isSudo) throw refuse("root or sudo privileges required to create orphan token");
  return true;
}

function typeOf({ fields }: Call, role: TokenRole | undefined): "service" | "batch" {
  let type = fields.string("type");
  if (role?.type === "batch" || role?.type === "service") type = role.type;
  else if (type === "" && role?.type === "default-batch") type = "batch";
  if (type === "" || type === "service") return "service";
  if (type !== "batch") throw refuse("invalid 'token_type' value");
  for (const [name, isSet] of Object.entries({
    explicit_max_ttl: secondsOf(fields.string("explicit_max_ttl"), "explicit_max_ttl") !== 0,
    num_uses: fields.int("num_uses") !== 0,
    period: secondsOf(fields.string("period"), "period") !== 0,
  }))
    if (isSet) throw refuse(`batch tokens cannot have ${JSON.stringify(name)} set`);
  return "batch";
}

type Lifetime = {
  readonly ttl: number;
  readonly explicitMaxTtl: number;
  readonly period: number;
  readonly warnings: readonly string[];
};

function lifetimeOf(
  { fields, isSudo, request }: Call,
  policies: readonly string[],
  parent: TokenEntry,
  role: TokenRole | undefined,
): Lifetime {
  const warnings: string[] = [];
  let explicitMaxTtl = secondsOf(fields.string("explicit_max_ttl"), "explicit_max_ttl");
  let period = secondsOf(fields.string("period"), "period");
  if (period > 0 && !isSudo) throw refuse("root or sudo privileges required to create periodic token");
  const asked = secondsOf(fields.string("ttl"), "ttl") || secondsOf(fields.string("lease"), "lease");
  if (role !== undefined) {
    if (role.explicitMaxTtl > 0 && explicitMaxTtl > 0)
      warnings.push(
        `Explicit max TTL specified both during creation call and in role; using the lesser value of ${Math.min(role.explicitMaxTtl, explicitMaxTtl)} seconds`,
      );
    explicitMaxTtl = smallest(explicitMaxTtl, role.explicitMaxTtl);
    if (role.period > 0 && period > 0)
      warnings.push(
        `Period specified both during creation call and in role; using the lesser value of ${Math.min(role.period, period)} seconds`,
      );
    period = smallest(period, role.period);
  }
  let ttl = asked;
  if (period > 0 || asked > 0 || !policies.includes("root")) {
    const mount = request.namespace.mounts.get("auth/token/");
    const granted = calculateTtl(mount === undefined ? SYSTEM_TTL : limitsOf(mount), {
      backendTtl: asked,
      period,
      explicitMaxTtl,
    });
    ttl = granted.seconds;
    warnings.push(...granted.warnings);
  }
  if (ttl === 0 && explicitMaxTtl > 0) ttl = explicitMaxTtl;
  if (ttl === 0 && parent.expiresAt !== undefined)
    throw refuse("expiring root tokens cannot create non-expiring root tokens");
  return { ttl, explicitMaxTtl, period, warnings };
}

/** The smaller of two limits, where 0 is none. */
function smallest(a: number, b: number): number {
  if (a === 0 || b === 0) return a + b;
  return Math.min(a, b);
}

function secondsOf(text: string, name: string): number {
  let seconds: number;
  try {
    seconds = parseSeconds(text);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (seconds < 0) throw refuse(`${name} must be positive`);
  return seconds;
}

function displayNameOf(given: string): string {
  return given === "" ? "token" : `token-${given}`.replace(/[^a-zA-Z0-9-]/g, "-").replace(/-$/, "");
}
