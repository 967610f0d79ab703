import type { KeyObject } from "node:crypto";
import type { JsonObject } from "../../../../core/go/json.ts";
import { messageOf } from "../../../../core/index.ts";
import type { EngineContext } from "../../core/engines.ts";
import type { PathSpec } from "../../framework/backend.ts";
import { refuse } from "../../framework/errors.ts";
import type { Call } from "../../framework/request.ts";
import { publicKeyOf } from "../claims.ts";
import { discover, KeySet } from "./key-set.ts";

/** Where the method's keys come from, and what else a token must show. */
export type JwtConfig = {
  readonly source: "jwt_validation_pubkeys" | "jwks_url" | "oidc_discovery_url";
  readonly shown: JsonObject;
  readonly boundIssuer: string;
  readonly defaultRole: string;
  readonly algorithms: readonly string[];
  readonly keys: KeySet;
};

const FIELDS = {
  oidc_discovery_url: "string",
  oidc_discovery_ca_pem: "string",
  oidc_client_id: "string",
  oidc_client_secret: "string",
  oidc_response_mode: "string",
  oidc_response_types: "commaStrings",
  default_role: "lowerString",
  jwks_url: "string",
  jwks_ca_pem: "string",
  jwt_validation_pubkeys: "commaStrings",
  jwt_supported_algs: "commaStrings",
  bound_issuer: "string",
  provider_config: "map",
  namespace_in_state: "bool",
} as const;

const SUPPORTED: ReadonlySet<string> = new Set(
  "RS256 RS384 RS512 ES256 ES384 ES512 PS256 PS384 PS512 EdDSA".split(" "),
);

/** `config`: exactly one source of keys, which is tried before it is kept. */
export function configPath(context: EngineContext, holder: { config: JwtConfig | undefined }): PathSpec {
  return {
    pattern: /^config$/,
    fields: FIELDS,
    operations: {
      read: () => (holder.config === undefined ? undefined : { data: holder.config.shown }),
      update: async (call) => {
        holder.config = await readConfig(context, call);
        return undefined;
      },
    },
  };
}

async function readConfig(context: EngineContext, { fields }: Call): Promise<JwtConfig> {
  const pubkeys = fields.list("jwt_validation_pubkeys");
  const jwksUrl = fields.string("jwks_url");
  const discoveryUrl = fields.string("oidc_discovery_url");
  if ([pubkeys.length > 0, jwksUrl !== "", discoveryUrl !== ""].filter(Boolean).length !== 1)
    throw refuse("exactly one of 'jwt_validation_pubkeys', 'jwks_url' or 'oidc_discovery_url' must be set");
  const algorithms = fields.list("jwt_supported_algs");
  const odd = algorithms.find((algorithm) => !SUPPORTED.has(algorithm));
  if (odd !== undefined)
    throw refuse(`invalid jwt_supported_algs: unsupported signing algorithm ${JSON.stringify(odd)}`);
  const jwksCa = fields.string("jwks_ca_pem");
  const discoveryCa = fields.string("oidc_discovery_ca_pem");
  return {
    source: pubkeys.length > 0 ? "jwt_validation_pubkeys" : jwksUrl !== "" ? "jwks_url" : "oidc_discovery_url",
    boundIssuer: fields.string("bound_issuer"),
    defaultRole: fields.string("default_role"),
    algorithms,
    keys:
      pubkeys.length > 0
        ? new KeySet({ keys: pubkeys.map(readKey) })
        : jwksUrl !== ""
          ? await keysFromJwks(context, jwksUrl, jwksCa)
          : await keysFromDiscovery(context, discoveryUrl, discoveryCa),
    shown: {
      bound_issuer: fields.string("bound_issuer"),
      default_role: fields.string("default_role"),
      jwks_ca_pem: jwksCa,
      jwks_url: jwksUrl,
      jwt_supported_algs: algorithms,
      jwt_validation_pubkeys: pubkeys,
      namespace_in_state: fields.bool("namespace_in_state", true),
      oidc_client_id: fields.string("oidc_client_id"),
      oidc_discovery_ca_pem: discoveryCa,
      oidc_discovery_url: discoveryUrl,
      oidc_response_mode: fields.string("oidc_response_mode"),
      oidc_response_types: fields.list("oidc_response_types"),
      provider_config: fields.object("provider_config") ?? {},
    },
  };
}

function readKey(pem: string): KeyObject {
  try {
    return publicKeyOf(pem);
  } catch (error) {
    throw refuse(`error parsing public key: ${(error as Error).message}`);
  }
}

async function keysFromJwks(context: EngineContext, url: string, caPem: string): Promise<KeySet> {
  const keys = new KeySet({ url, client: context.cluster.client(caPem) });
  try {
    await keys.load();
  } catch (error) {
    context.log.warn("jwks_url cannot be read", { reason: messageOf(error) });
    throw refuse("error checking jwks URL");
  }
  return keys;
}

async function keysFromDiscovery(context: EngineContext, url: string, caPem: string): Promise<KeySet> {
  if (url.includes(".well-known")) throw refuse("'oidc_discovery_url' contains '.well-known' component");
  const client = context.cluster.client(caPem);
  try {
    return new KeySet({ url: await discover(client, url), client });
  } catch (error) {
    context.log.warn("oidc_discovery_url cannot be read", { reason: messageOf(error) });
    throw refuse("error checking oidc discovery URL");
  }
}
