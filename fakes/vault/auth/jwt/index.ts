import { goString, type JsonObject } from "../../../../core/go/json.ts";
import { isAllowedAddress } from "../../core/authorize.ts";
import type { EngineContext } from "../../core/engines.ts";
import type { Backend } from "../../framework/backend.ts";
import { fail, permissionDenied, refuse } from "../../framework/errors.ts";
import type { Call, Result } from "../../framework/request.ts";
import { audiencesOf, checkClaims, decodeJwt, isSignedBy } from "../claims.ts";
import { grantOf } from "../token-parameters.ts";
import { checkBoundClaims, claimAt } from "./bound-claims.ts";
import { configPath, type JwtConfig } from "./config.ts";
import { type JwtRole, rolePaths } from "./roles.ts";

/** The jwt auth method: any issuer whose keys can be had by PEM, JWKS or OIDC discovery. */
export function jwtAuth(context: EngineContext): Backend {
  const held: { config: JwtConfig | undefined; readonly roles: Map<string, JwtRole> } = {
    config: undefined,
    roles: new Map(),
  };
  return {
    type: "jwt",
    unauthenticated: ["login"],
    paths: [
      {
        pattern: /^login$/,
        fields: { role: "lowerString", jwt: "string" },
        operations: { update: (call) => login(context, held, call) },
      },
      configPath(context, held),
      ...rolePaths(held.roles, context.dialect),
    ],
  };
}

async function login(
  context: EngineContext,
  held: { readonly config: JwtConfig | undefined; readonly roles: ReadonlyMap<string, JwtRole> },
  call: Call,
): Promise<Result> {
  const { config } = held;
  if (config === undefined) throw refuse("could not load configuration");
  const roleName = call.fields.string("role") || config.defaultRole;
  if (roleName === "") throw refuse("missing role");
  const role = held.roles.get(roleName);
  if (role === undefined) throw refuse(`role ${goString(roleName)} could not be found`);
  if (role.type === "oidc") throw refuse("role with oidc role_type is not allowed");
  const jwt = call.fields.string("jwt");
  if (jwt === "") throw refuse("missing token");
  if (!isAllowedAddress(call.request.remoteAddress, role.token.boundCidrs))
    throw permissionDenied(`the role is not bound to ${call.request.remoteAddress}`);
  const claims = await validate(context, config, role, jwt);
  if (audiencesOf(claims).length > 0 && role.boundAudiences.length === 0)
    throw refuse("audience claim found in JWT but no audiences bound to the role");
  const { user, metadata } = identityOf(role, claims);
  try {
    checkBoundClaims(role.boundClaims, claims, role.boundClaimsType === "glob");
  } catch (error) {
    throw refuse(`error validating claims: ${(error as Error).message}`);
  }
  return {
    grant: {
      ...grantOf(role.token),
      displayName: user,
      aliasName: user,
      aliasMetadata: { ...metadata, role: roleName },
      metadata: { ...metadata, role: roleName },
      renew: () => {
        const now = held.roles.get(roleName);
        if (now === undefined) throw fail(`role ${roleName} does not exist during renewal`);
        return { ttl: now.token.ttl, maxTtl: now.token.maxTtl, period: now.token.period };
      },
    },
  };
}

/** Signature, then registered claims. */
async function validate(context: EngineContext, config: JwtConfig, role: JwtRole, jwt: string): Promise<JsonObject> {
  try {
    const { header, claims } = decoded(jwt);
    const algorithm = String(header["alg"]);
    if (config.algorithms.length > 0 && !config.algorithms.includes(algorithm))
      throw new Error(`invalid algorithm (alg) header parameter: token signed with unexpected algorithm`);
    const keys = await config.keys.candidates(typeof header["kid"] === "string" ? header["kid"] : undefined);
    if (!(await isSignedBy(jwt, keys)))
      throw new Error(
        config.source === "jwt_validation_pubkeys"
          ? "error verifying token signature: no known key successfully validated the token signature"
          : "error verifying token signature: failed to verify id token signature",
      );
    checkClaims(
      claims,
      {
        issuer: config.boundIssuer,
        subject: role.boundSubject,
        audiences: role.boundAudiences,
        clockSkewLeeway: role.clockSkewLeeway,
        expirationLeeway: role.expirationLeeway,
        notBeforeLeeway: role.notBeforeLeeway,
      },
      context.clock.now(),
    );
    return claims;
  } catch (error) {
    throw refuse(`error validating token: ${(error as Error).message}`);
  }
}

function decoded(jwt: string): ReturnType<typeof decodeJwt> {
  try {
    return decodeJwt(jwt);
  } catch (error) {
    throw new Error(`error verifying token signature: ${(error as Error).message}`);
  }
}

function identityOf(
  role: JwtRole,
  claims: JsonObject,
): { readonly user: string; readonly metadata: Record<string, string> } {
  const user = role.userClaimIsPointer ? claimAt(claims, role.userClaim) : claims[role.userClaim];
  if (user === undefined || user === null) throw refuse(`claim ${goString(role.userClaim)} not found in token`);
  if (typeof user !== "string") throw refuse(`claim ${goString(role.userClaim)} could not be converted to string`);
  const metadata: Record<string, string> = {};
  for (const [source, target] of Object.entries(role.claimMappings)) {
    const value = claimAt(claims, source);
    if (value === undefined) continue;
    if (typeof value !== "string") throw refuse(`error converting claim '${source}' to string`);
    metadata[target] = value;
  }
  return { user, metadata };
}
