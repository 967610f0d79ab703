import type { Clock, Random } from "../../../core/index.ts";
import type { HttpExchange } from "../../../net/index.ts";
import type { IssuerKeys } from "../../kit/index.ts";
import type { Directory, Identity } from "./directory.ts";
import { verifyAssertion } from "./federation.ts";
import { EntraRefusal, refusalBody, refusals } from "./refusal.ts";
import { type AccessTokens, APPLICATION_SECONDS } from "./tokens.ts";

export type EntraParts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly directory: Directory;
  readonly tokens: AccessTokens;
  readonly issuers: IssuerKeys;
  /** Resources that tokens are given for: `https://vault.azure.net`. */
  readonly isResource: (resource: string) => boolean;
};

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/** One cloud's names: a client that met one of them need not ask about the others. */
const PUBLIC_ALIASES = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"];
const SOVEREIGN = ["login.microsoftonline.us", "login.chinacloudapi.cn", "login.microsoftonline.de"];
const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

const PATHS =
  /^\/([^/]+)(\/v2\.0)?\/\.well-known\/openid-configuration\/?$|^\/([^/]+)\/discovery\/(?:v2\.0\/)?keys$|^\/([^/]+)\/oauth2\/v2\.0\/token$|^\/common\/discovery\/instance$/;

/** True for paths of the directory; everything else belongs to a vault. */
export const isDirectoryPath = (path: string): boolean => PATHS.test(path) || path.startsWith("/common/");

/** Entra ID's endpoints for programs: instance discovery, OpenID configuration, keys, and client credentials. */
export async function serveEntra(exchange: HttpExchange, parts: EntraParts): Promise<void> {
  try {
    const answer = await route(exchange, parts);
    exchange.json(200, answer, JSON_TYPE);
  } catch (error) {
    if (!(error instanceof EntraRefusal)) throw error;
    exchange.json(error.status, refusalBody(error, parts), JSON_TYPE);
  }
}

async function route(exchange: HttpExchange, parts: EntraParts): Promise<unknown> {
  const { path, method } = exchange;
  if (path === "/common/discovery/instance") return instance(exchange);
  const match = PATHS.exec(path);
  const [, configured, version, keyed, asked] = match ?? [];
  const tenant = configured ?? keyed ?? asked;
  if (tenant === undefined)
    throw new EntraRefusal(404, "invalid_request", 90008, `${method} ${path} is not served by this fake of Entra ID.`);
  if (!parts.directory.hasTenant(tenant)) throw refusals.unknownTenant(tenant);
  if (configured !== undefined) return configuration(exchange, tenant, version !== undefined);
  if (keyed !== undefined) return parts.tokens.jwks;
  if (method !== "POST") throw refusals.onlyPost();
  return await token(exchange, tenant, parts);
}

function instance({ query, headers }: HttpExchange): unknown {
  const endpoint = query.get("authorization_endpoint") ?? "";
  if (!URL.canParse(endpoint)) throw refusals.unknownInstance();
  const { host, pathname } = new URL(endpoint);
  const known = [PUBLIC_ALIASES, ...SOVEREIGN.map((name) => [name])].find((names) => names.includes(host));
  // A fake that runs alone is its own authority.
  const aliases = known ?? (host === headers.host ? [host] : undefined);
  if (aliases === undefined) throw refusals.unknownInstance();
  const tenant = pathname.split("/")[1] ?? "";
  return {
    tenant_discovery_endpoint: `https://${host}/${tenant}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [{ preferred_network: aliases[0], preferred_cache: aliases[0], aliases }],
  };
}

function configuration({ headers }: HttpExchange, tenant: string, isV2: boolean): unknown {
  const base = `https://${headers.host}/${tenant}`;
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt"],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_types_supported: ["token"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    issuer: isV2 ? `${base}/v2.0` : `https://sts.windows.net/${tenant}/`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    tenant_region_scope: "EU",
    cloud_instance_name: "microsoftonline.com",
  };
}

async function token(exchange: HttpExchange, tenant: string, parts: EntraParts): Promise<unknown> {
  const form = new URLSearchParams((await exchange.body()).toString("utf8"));
  const required = (name: string): string => {
    const value = form.get(name) ?? "";
    if (value === "") throw refusals.missing(name);
    return value;
  };
  const grant = required("grant_type");
  if (grant !== "client_credentials") throw refusals.grantType(grant);
  const clientId = required("client_id");
  const resource = resourceOf(required("scope"));
  const identity = parts.directory.find(tenant, clientId);
  if (identity === undefined) throw refusals.unknownClient(clientId, tenant);
  await authenticate(form, identity, parts);
  if (!parts.isResource(resource)) throw refusals.unknownResource(resource, tenant);
  const { token: made, seconds } = parts.tokens.mint(identity, resource, APPLICATION_SECONDS);
  return { token_type: "Bearer", expires_in: seconds, ext_expires_in: seconds, access_token: made };
}

/** `https://vault.azure.net/.default openid profile`: the one that is no part of OpenID. */
function resourceOf(scope: string): string {
  const wanted = scope.split(" ").filter((one) => !["openid", "profile", "offline_access", "email"].includes(one));
  const [only, more] = wanted;
  if (only === undefined || more !== undefined || !only.endsWith("/.default")) throw refusals.badScope(scope);
  return only.slice(0, -"/.default".length);
}

async function authenticate(form: URLSearchParams, identity: Identity, parts: EntraParts): Promise<void> {
  const assertion = form.get("client_assertion");
  const secret = form.get("client_secret");
  if (assertion !== null && form.get("client_assertion_type") === JWT_BEARER)
    return await verifyAssertion(assertion, identity, parts);
  if (secret === null) throw refusals.noCredential();
  const held = identity.clientSecrets.find(({ value }) => value === secret);
  if (held === undefined) throw refusals.wrongSecret(identity.clientId);
  if (held.expires !== undefined && held.expires <= parts.clock.now()) throw refusals.expiredSecret(identity.clientId);
}
