import type { HttpExchange } from "../../../net/index.ts";
import type { Directory, Identity } from "../directory/directory.ts";
import { type AccessTokens, MACHINE_SECONDS } from "../directory/tokens.ts";

export type MetadataParts = {
  readonly directory: Directory;
  readonly tokens: AccessTokens;
  readonly isResource: (resource: string) => boolean;
  /** The secret that an App Service puts into its programs' environment. */
  readonly appServiceHeader: string;
  /** Client ids by `namespace/pod`, as AAD Pod Identity's AzureIdentityBindings give them. */
  readonly podIdentities: ReadonlyMap<string, string>;
};

type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> | string };

/**
 * What a machine asks without a secret: the Instance Metadata Service (169.254.169.254), App Service's token endpoint,
 * and AAD Pod Identity's node agent. Tokens alone are served of each.
 */
export function serveMetadata(exchange: HttpExchange, parts: MetadataParts): void {
  const { status, body } = answer(exchange, parts);
  if (typeof body === "string") exchange.respond(status, { "content-type": "text/plain" }, body);
  else exchange.json(status, body, { "content-type": "application/json; charset=utf-8" });
}

function answer(exchange: HttpExchange, parts: MetadataParts): Answer {
  switch (exchange.path) {
    case "/metadata/identity/oauth2/token":
      return machine(exchange, parts);
    case "/msi/token":
      return appService(exchange, parts);
    case "/host/token/":
    case "/host/token":
      return podAgent(exchange, parts);
    default:
      return bad(404, "not_found", `${exchange.path} is not served by this fake`);
  }
}

function machine(exchange: HttpExchange, parts: MetadataParts): Answer {
  const { headers, query } = exchange;
  if (headers["metadata"]?.toString().toLowerCase() !== "true" || headers["x-forwarded-for"] !== undefined)
    return bad(400, "bad_request_102", "Required metadata header not specified");
  if (!query.has("api-version")) return bad(400, "bad_request", "Invalid or missing required parameter 'api-version'");
  return give(exchange, parts);
}

function appService(exchange: HttpExchange, parts: MetadataParts): Answer {
  if (exchange.headers["x-identity-header"] !== parts.appServiceHeader || parts.appServiceHeader === "")
    return bad(401, "unauthorized", "the X-IDENTITY-HEADER is missing or wrong");
  return give(exchange, parts);
}

function give(exchange: HttpExchange, { directory, tokens, isResource }: MetadataParts): Answer {
  const resource = exchange.query.get("resource") ?? "";
  if (resource === "") return bad(400, "invalid_request", "Required query variable 'resource' is missing");
  const found = identityOf(exchange.query, directory.assigned());
  if (found === undefined) return bad(400, "invalid_request", "Identity not found");
  if (!isResource(resource))
    return bad(
      400,
      "invalid_resource",
      `AADSTS500011: The resource principal named ${resource} was not found in the tenant named ${found.tenantId}.`,
    );
  const { token, seconds, expiresOn } = tokens.mint(found, resource, MACHINE_SECONDS);
  const body = {
    access_token: token,
    client_id: found.clientId,
    expires_in: String(seconds),
    expires_on: String(expiresOn),
    ext_expires_in: String(seconds),
    not_before: String(expiresOn - seconds),
    resource,
    token_type: "Bearer",
  };
  return { status: 200, body };
}

/** By client or object id; without either the machine's own identity, or the only one it has. */
function identityOf(query: URLSearchParams, assigned: readonly Identity[]): Identity | undefined {
  const clientId = query.get("client_id");
  const objectId = query.get("object_id");
  if (clientId !== null) return assigned.find((identity) => identity.clientId === clientId);
  if (objectId !== null) return assigned.find((identity) => identity.objectId === objectId);
  if (query.has("mi_res_id") || query.has("msi_res_id")) return undefined;
  const own = assigned.find(({ kind }) => kind === "systemAssigned");
  return own ?? (assigned.length === 1 ? assigned[0] : undefined);
}

function podAgent(exchange: HttpExchange, { directory, tokens, podIdentities }: MetadataParts): Answer {
  const [namespace, pod] = [exchange.headers["podns"] ?? "", exchange.headers["podname"] ?? ""].map(String);
  const clientId = podIdentities.get(`${namespace}/${pod}`);
  if (clientId === undefined)
    return { status: 404, body: `no azure identity found for request of ${namespace}/${pod}` };
  const identity = directory.identity(clientId);
  const { token, expiresOn } = tokens.mint(identity, exchange.query.get("resource") ?? "", MACHINE_SECONDS);
  return { status: 200, body: { token: { access_token: token, expires_on: String(expiresOn) }, clientid: clientId } };
}

const bad = (status: number, error: string, description: string): Answer => ({
  status,
  body: { error, error_description: description },
});
