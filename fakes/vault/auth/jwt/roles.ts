import { goString, type JsonObject } from "../../../../core/go/json.ts";
import type { Dialect } from "../../dialect.ts";
import { listOf, type PathSpec } from "../../framework/backend.ts";
import { refuse } from "../../framework/errors.ts";
import type { Schema } from "../../framework/fields.ts";
import type { Call, Result } from "../../framework/request.ts";
import {
  describeTokenParameters,
  newTokenParameters,
  readTokenParameters,
  TOKEN_FIELDS,
  type TokenParameters,
} from "../token-parameters.ts";
import { claimValues } from "./bound-claims.ts";

export type JwtRole = {
  type: string;
  boundAudiences: string[];
  boundSubject: string;
  boundClaims: JsonObject;
  boundClaimsType: "string" | "glob";
  claimMappings: Record<string, string>;
  userClaim: string;
  userClaimIsPointer: boolean;
  groupsClaim: string;
  clockSkewLeeway: number;
  expirationLeeway: number;
  notBeforeLeeway: number;
  /** Parameters of the OIDC flow: kept and shown, not used. */
  readonly kept: JsonObject;
  readonly token: TokenParameters;
};

const FIELDS: Schema = {
  role_type: "string",
  bound_audiences: "commaStrings",
  bound_subject: "string",
  bound_claims: "map",
  bound_claims_type: "string",
  claim_mappings: "kvPairs",
  user_claim: "string",
  user_claim_json_pointer: "bool",
  groups_claim: "string",
  clock_skew_leeway: "seconds",
  expiration_leeway: "seconds",
  not_before_leeway: "seconds",
  allowed_redirect_uris: "commaStrings",
  oidc_scopes: "commaStrings",
  verbose_oidc_logging: "bool",
  max_age: "seconds",
  ...TOKEN_FIELDS,
};

const RESERVED_METADATA: ReadonlySet<string> = new Set(["role"]);

/** `role/…`: what a token must show, and what it gets. */
export function rolePaths(roles: Map<string, JwtRole>, dialect: Dialect): PathSpec[] {
  return [
    { pattern: /^role\/?$/, operations: { list: () => listOf([...roles.keys()].sort()) } },
    {
      pattern: /^role\/(?<name>\w(?:[\w.-]*\w)?)$/,
      fields: FIELDS,
      exists: (call) => roles.has(call.fields.string("name").toLowerCase()),
      operations: {
        read: (call) => {
          const role = roles.get(call.fields.string("name").toLowerCase());
          return role === undefined ? undefined : { data: describe(role, dialect) };
        },
        update: (call) => write(roles, call),
        delete: (call) => {
          roles.delete(call.fields.string("name").toLowerCase());
          return undefined;
        },
      },
    },
  ];
}

function newRole(): JwtRole {
  return {
    type: "oidc",
    boundAudiences: [],
    boundSubject: "",
    boundClaims: {},
    boundClaimsType: "string",
    claimMappings: {},
    userClaim: "",
    userClaimIsPointer: false,
    groupsClaim: "",
    clockSkewLeeway: 0,
    expirationLeeway: 0,
    notBeforeLeeway: 0,
    kept: { allowed_redirect_uris: [], oidc_scopes: [], verbose_oidc_logging: false, max_age: 0 },
    token: newTokenParameters(),
  };
}

function write(roles: Map<string, JwtRole>, call: Call): Result {
  const { fields } = call;
  const name = fields.string("name").toLowerCase();
  const before = roles.get(name);
  const role: JwtRole =
    before === undefined
      ? newRole()
      : {
          ...before,
          kept: { ...before.kept },
          token: { ...before.token, deprecated: new Set(before.token.deprecated) },
        };
  role.type = fields.string("role_type", "oidc");
  if (role.type !== "jwt" && role.type !== "oidc") throw refuse(`invalid 'role_type': ${role.type}`);
  readTokenParameters(role.token, fields);
  if (fields.has("bound_audiences")) role.boundAudiences = fields.list("bound_audiences");
  if (fields.has("bound_subject")) role.boundSubject = fields.string("bound_subject");
  if (fields.has("clock_skew_leeway")) role.clockSkewLeeway = fields.int("clock_skew_leeway");
  if (fields.has("expiration_leeway")) role.expirationLeeway = fields.int("expiration_leeway");
  if (fields.has("not_before_leeway")) role.notBeforeLeeway = fields.int("not_before_leeway");
  if (fields.has("groups_claim")) role.groupsClaim = fields.string("groups_claim");
  if (fields.has("user_claim_json_pointer")) role.userClaimIsPointer = fields.bool("user_claim_json_pointer");
  setBoundClaims(role, call);
  if (fields.has("claim_mappings")) role.claimMappings = checkMappings(fields.pairs("claim_mappings"));
  if (fields.has("user_claim")) role.userClaim = fields.string("user_claim");
  if (role.userClaim === "") throw refuse("a user claim must be defined on the role");
  for (const kept of Object.keys(role.kept)) {
    const value = fields.any(kept);
    if (value !== undefined) role.kept[kept] = value;
  }
  if (role.type === "oidc" && fields.list("allowed_redirect_uris").length === 0 && before === undefined)
    throw refuse("'allowed_redirect_uris' must be set if 'role_type' is 'oidc' or unspecified.");
  if (
    role.type === "jwt" &&
    role.boundAudiences.length === 0 &&
    role.token.boundCidrs.length === 0 &&
    role.boundSubject === "" &&
    Object.keys(role.boundClaims).length === 0
  )
    throw refuse("must have at least one bound constraint when creating/updating a role");
  if (role.token.maxTtl > 0 && role.token.ttl > role.token.maxTtl)
    throw refuse("ttl should not be greater than max ttl");
  roles.set(name, role);
  return undefined;
}

function setBoundClaims(role: JwtRole, { fields }: Call): void {
  const type = fields.string("bound_claims_type", "string");
  if (type !== "string" && type !== "glob") throw refuse(`invalid 'bound_claims_type': ${type}`);
  role.boundClaimsType = type;
  const claims = fields.object("bound_claims");
  if (claims === undefined) return;
  if (type === "glob")
    for (const value of Object.values(claims)) {
      const values = claimValues(value);
      if (values === undefined) throw refuse(`claim is not a string or list: ${String(value)}`);
      const odd = values.find((entry) => typeof entry !== "string");
      if (odd !== undefined) throw refuse(`claim is not a string: ${String(odd)}`);
    }
  role.boundClaims = claims;
}

function checkMappings(mappings: Record<string, string>): Record<string, string> {
  const targets = new Set<string>();
  for (const target of Object.values(mappings)) {
    if (RESERVED_METADATA.has(target))
      throw refuse(`metadata key ${goString(target)} is reserved and may not be a mapping destination`);
    if (targets.has(target)) throw refuse(`multiple keys are mapped to metadata key ${goString(target)}`);
    targets.add(target);
  }
  return mappings;
}

function describe(role: JwtRole, dialect: Dialect): JsonObject {
  return {
    bound_audiences: role.boundAudiences,
    bound_claims: Object.keys(role.boundClaims).length === 0 ? null : role.boundClaims,
    bound_claims_type: role.boundClaimsType,
    bound_subject: role.boundSubject,
    claim_mappings: Object.keys(role.claimMappings).length === 0 ? null : role.claimMappings,
    clock_skew_leeway: role.clockSkewLeeway,
    expiration_leeway: role.expirationLeeway,
    groups_claim: role.groupsClaim,
    not_before_leeway: role.notBeforeLeeway,
    role_type: role.type,
    user_claim: role.userClaim,
    user_claim_json_pointer: role.userClaimIsPointer,
    ...role.kept,
    ...describeTokenParameters(role.token, dialect),
  };
}
