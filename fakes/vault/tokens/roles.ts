import type { JsonObject } from "../../../core/go/json.ts";
import { listOf, type PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";

/** A role of the token store: what `auth/token/create/<role>` gives. Seconds. */
export type TokenRole = {
  name: string;
  allowedPolicies: string[];
  disallowedPolicies: string[];
  allowedPoliciesGlob: string[];
  disallowedPoliciesGlob: string[];
  isOrphan: boolean;
  period: number;
  explicitMaxTtl: number;
  numUses: number;
  isRenewable: boolean;
  noDefaultPolicy: boolean;
  pathSuffix: string;
  boundCidrs: string[];
  type: string;
};

const FIELDS = {
  allowed_policies: "commaStrings",
  disallowed_policies: "commaStrings",
  allowed_policies_glob: "commaStrings",
  disallowed_policies_glob: "commaStrings",
  allowed_entity_aliases: "commaStrings",
  orphan: "bool",
  period: "seconds",
  token_period: "seconds",
  explicit_max_ttl: "seconds",
  token_explicit_max_ttl: "seconds",
  token_num_uses: "int",
  renewable: "bool",
  token_no_default_policy: "bool",
  path_suffix: "string",
  bound_cidrs: "commaStrings",
  token_bound_cidrs: "commaStrings",
  token_type: "string",
} as const;

const TYPES: ReadonlySet<string> = new Set(["default-service", "default-batch", "service", "batch"]);

export function rolePaths(roles: Map<string, TokenRole>): PathSpec[] {
  return [
    { pattern: /^roles\/?$/, operations: { list: () => listOf([...roles.keys()].sort()) } },
    {
      pattern: /^roles\/(?<role_name>[^/]+)$/,
      fields: FIELDS,
      exists: (call) => roles.has(call.fields.string("role_name")),
      operations: {
        read: (call) => {
          const role = roles.get(call.fields.string("role_name"));
          return role === undefined ? undefined : { data: describe(role) };
        },
        update: (call) => write(roles, call),
        delete: (call) => {
          roles.delete(call.fields.string("role_name"));
          return undefined;
        },
      },
    },
  ];
}

function write(roles: Map<string, TokenRole>, { fields }: Call): Result {
  const name = fields.string("role_name");
  const role: TokenRole = { ...(roles.get(name) ?? newRole(name)) };
  if (fields.has("allowed_policies")) role.allowedPolicies = fields.list("allowed_policies");
  if (fields.has("disallowed_policies")) role.disallowedPolicies = fields.list("disallowed_policies");
  if (fields.has("allowed_policies_glob")) role.allowedPoliciesGlob = fields.list("allowed_policies_glob");
  if (fields.has("disallowed_policies_glob")) role.disallowedPoliciesGlob = fields.list("disallowed_policies_glob");
  if (fields.has("orphan")) role.isOrphan = fields.bool("orphan");
  role.period = fields.int("token_period", fields.int("period", role.period));
  role.explicitMaxTtl = fields.int("token_explicit_max_ttl", fields.int("explicit_max_ttl", role.explicitMaxTtl));
  role.numUses = fields.int("token_num_uses", role.numUses);
  role.isRenewable = fields.bool("renewable", role.isRenewable);
  role.noDefaultPolicy = fields.bool("token_no_default_policy", role.noDefaultPolicy);
  role.pathSuffix = fields.string("path_suffix", role.pathSuffix);
  if (role.pathSuffix.includes(".."))
    throw refuse("error registering path suffix: path cannot contain parent references");
  if (fields.has("token_bound_cidrs") || fields.has("bound_cidrs"))
    role.boundCidrs = fields.list(fields.has("token_bound_cidrs") ? "token_bound_cidrs" : "bound_cidrs");
  role.type = fields.string("token_type", role.type);
  if (!TYPES.has(role.type)) throw refuse(`invalid 'token_type' value ${JSON.stringify(role.type)}`);
  if (role.type === "batch") checkBatch(role);
  roles.set(name, role);
  return undefined;
}

function checkBatch(role: TokenRole): void {
  if (!role.isOrphan) throw refuse("'token_type' cannot be 'batch' when role is set to generate non-orphan tokens");
  if (role.period > 0) throw refuse("'token_type' cannot be 'batch' when role is set to generate periodic tokens");
  if (role.isRenewable) throw refuse("'token_type' cannot be 'batch' when role is set to generate renewable tokens");
  if (role.explicitMaxTtl > 0)
    throw refuse("'token_type' cannot be 'batch' when role is set to generate tokens with an explicit max TTL");
}

function newRole(name: string): TokenRole {
  return {
    name,
    allowedPolicies: [],
    disallowedPolicies: [],
    allowedPoliciesGlob: [],
    disallowedPoliciesGlob: [],
    isOrphan: false,
    period: 0,
    explicitMaxTtl: 0,
    numUses: 0,
    isRenewable: true,
    noDefaultPolicy: false,
    pathSuffix: "",
    boundCidrs: [],
    type: "default-service",
  };
}

function describe(role: TokenRole): JsonObject {
  return {
    allowed_entity_aliases: null,
    allowed_policies: role.allowedPolicies,
    allowed_policies_glob: role.allowedPoliciesGlob,
    disallowed_policies: role.disallowedPolicies,
    disallowed_policies_glob: role.disallowedPoliciesGlob,
    explicit_max_ttl: role.explicitMaxTtl,
    name: role.name,
    orphan: role.isOrphan,
    path_suffix: role.pathSuffix,
    period: role.period,
    renewable: role.isRenewable,
    token_bound_cidrs: role.boundCidrs,
    token_explicit_max_ttl: role.explicitMaxTtl,
    token_no_default_policy: role.noDefaultPolicy,
    token_num_uses: role.numUses,
    token_period: role.period,
    token_type: role.type,
  };
}
