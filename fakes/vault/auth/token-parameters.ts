import type { JsonObject } from "../../../core/go/json.ts";
import type { Dialect } from "../dialect.ts";
import { refuse } from "../framework/errors.ts";
import type { Fields, Schema } from "../framework/fields.ts";
import type { AuthGrant } from "../framework/request.ts";

/** What a role of an auth method says about the tokens it gives (`token_…`). Seconds. */
export type TokenParameters = {
  policies: string[];
  ttl: number;
  maxTtl: number;
  explicitMaxTtl: number;
  period: number;
  numUses: number;
  noDefaultPolicy: boolean;
  boundCidrs: string[];
  type: string;
  /** The older names that were used: they show in a read beside the new ones. */
  readonly deprecated: Set<string>;
};

export const TOKEN_FIELDS: Schema = {
  token_policies: "commaStrings",
  token_ttl: "seconds",
  token_max_ttl: "seconds",
  token_explicit_max_ttl: "seconds",
  token_period: "seconds",
  token_num_uses: "int",
  token_no_default_policy: "bool",
  token_bound_cidrs: "commaStrings",
  token_type: "string",
  token_strictly_bind_ip: "bool",
  // Before the common names
  policies: "commaStrings",
  ttl: "seconds",
  max_ttl: "seconds",
  period: "seconds",
  num_uses: "int",
  bound_cidrs: "commaStrings",
};

const TOKEN_TYPES: ReadonlySet<string> = new Set(["default", "service", "batch", "default-service", "default-batch"]);

export function newTokenParameters(): TokenParameters {
  return {
    policies: [],
    ttl: 0,
    maxTtl: 0,
    explicitMaxTtl: 0,
    period: 0,
    numUses: 0,
    noDefaultPolicy: false,
    boundCidrs: [],
    type: "default",
    deprecated: new Set(),
  };
}

/** Takes over what a write set. The new name wins over the older one. */
export function readTokenParameters(into: TokenParameters, fields: Fields): void {
  const renamed = (current: string, older: string): string | undefined => {
    if (fields.has(current)) {
      into.deprecated.delete(older);
      return current;
    }
    if (!fields.has(older)) return undefined;
    into.deprecated.add(older);
    return older;
  };
  const policies = renamed("token_policies", "policies");
  if (policies !== undefined) into.policies = fields.list(policies);
  const ttl = renamed("token_ttl", "ttl");
  if (ttl !== undefined) into.ttl = fields.int(ttl);
  const maxTtl = renamed("token_max_ttl", "max_ttl");
  if (maxTtl !== undefined) into.maxTtl = fields.int(maxTtl);
  const period = renamed("token_period", "period");
  if (period !== undefined) into.period = fields.int(period);
  const numUses = renamed("token_num_uses", "num_uses");
  if (numUses !== undefined) into.numUses = fields.int(numUses);
  const cidrs = renamed("token_bound_cidrs", "bound_cidrs");
  if (cidrs !== undefined) into.boundCidrs = fields.list(cidrs);
  if (fields.has("token_explicit_max_ttl")) into.explicitMaxTtl = fields.int("token_explicit_max_ttl");
  if (fields.has("token_no_default_policy")) into.noDefaultPolicy = fields.bool("token_no_default_policy");
  if (fields.has("token_type")) into.type = fields.string("token_type") || "default";
  if (!TOKEN_TYPES.has(into.type)) throw refuse(`invalid 'token_type' value ${JSON.stringify(into.type)}`);
  for (const [name, value] of Object.entries({ token_ttl: into.ttl, token_max_ttl: into.maxTtl }))
    if (value < 0) throw refuse(`'${name}' cannot be negative`);
  if (into.numUses < 0) throw refuse("'token_num_uses' cannot be negative");
  if (into.type.endsWith("batch") && into.numUses !== 0)
    throw refuse(
      "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count",
    );
}

/** The parameters as a role read shows them. */
export function describeTokenParameters(parameters: TokenParameters, dialect: Dialect): JsonObject {
  const older: JsonObject = {};
  if (parameters.deprecated.has("policies") && parameters.policies.length > 0) older["policies"] = parameters.policies;
  if (parameters.deprecated.has("bound_cidrs") && parameters.boundCidrs.length > 0)
    older["bound_cidrs"] = parameters.boundCidrs;
  if (parameters.deprecated.has("ttl") && parameters.ttl > 0) older["ttl"] = parameters.ttl;
  if (parameters.deprecated.has("max_ttl") && parameters.maxTtl > 0) older["max_ttl"] = parameters.maxTtl;
  if (parameters.deprecated.has("period") && parameters.period > 0) older["period"] = parameters.period;
  if (parameters.deprecated.has("num_uses") && parameters.numUses > 0) older["num_uses"] = parameters.numUses;
  return {
    token_bound_cidrs: parameters.boundCidrs,
    token_explicit_max_ttl: parameters.explicitMaxTtl,
    token_max_ttl: parameters.maxTtl,
    token_no_default_policy: parameters.noDefaultPolicy,
    token_num_uses: parameters.numUses,
    token_period: parameters.period,
    token_policies: parameters.policies,
    token_ttl: parameters.ttl,
    token_type: parameters.type,
    ...(dialect.hasStrictIpBinding ? { token_strictly_bind_ip: false } : {}),
    ...older,
  };
}

/** The part of a login's grant that the parameters decide. */
export function grantOf(
  parameters: TokenParameters,
): Pick<
  AuthGrant,
  | "policies"
  | "noDefaultPolicy"
  | "ttl"
  | "maxTtl"
  | "explicitMaxTtl"
  | "period"
  | "numUses"
  | "boundCidrs"
  | "tokenType"
> {
  return {
    policies: parameters.policies,
    noDefaultPolicy: parameters.noDefaultPolicy,
    ttl: parameters.ttl,
    maxTtl: parameters.maxTtl,
    explicitMaxTtl: parameters.explicitMaxTtl,
    period: parameters.period,
    numUses: parameters.numUses,
    boundCidrs: parameters.boundCidrs,
    tokenType: parameters.type === "batch" || parameters.type === "default-batch" ? "batch" : "service",
  };
}
