import { isObject } from "../../../core/go/index.ts";
import {
  type AzureHttp,
  AzureNetworkError,
  type AzureRequest,
  type AzureResponse,
  authenticationError,
} from "../azure-http.ts";
import type { Credential, TokenRequest } from "./credential.ts";

/** Hosts that MSAL asks about themselves; any other host is asked about at the first of them. */
const TRUSTED_HOSTS = new Set([
  "login.microsoftonline.com",
  "login.microsoftonline.us",
  "login.microsoftonline.de",
  "login.windows.net",
  "login.microsoft.com",
  "sts.windows.net",
  "login.chinacloudapi.cn",
  "login.partner.microsoftonline.cn",
  "login-us.microsoftonline.com",
  "login.usgovcloudapi.net",
]);
const HOME_HOST = "login.microsoftonline.com";
/** AD FS is its own authority: nobody else knows it. */
const ADFS = "adfs";
/** Tells the token service that claims challenges are understood. */
const CAPABILITIES = { xms_cc: { values: ["CP1"] } };
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/** A kept token is used until five minutes before its end. */
const REFRESH_BEFORE_MS = 5 * 60_000;

export type EntraCredentialSpec = {
  readonly http: AzureHttp;
  /** Entra ID's address, a slash at its end. */
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly proof: { readonly assertion: string } | { readonly clientSecret: string };
  /** Identity binding: requests go through a proxy that knows its tenant, so nobody is asked about it. */
  readonly proxied?: (request: AzureRequest) => AzureRequest;
};

type Endpoints = { readonly token: string; readonly isCacheable: boolean };
type Kept = { readonly token: string; readonly until: number };

/**
 * OAuth client credentials at Entra ID, with a secret or a signed assertion, call by call as MSAL makes them: ask who
 * the authority is, where its token endpoint is, then for a token. Made for one mount; what it learnt ends with it.
 */
export class EntraCredential implements Credential {
  readonly #spec: EntraCredentialSpec;
  readonly #name: string;
  readonly #kept = new Map<string, Kept>();
  #endpoints: Endpoints | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(spec: EntraCredentialSpec) {
    this.#spec = spec;
    this.#name = "assertion" in spec.proof ? "ClientAssertionCredential" : "ClientSecretCredential";
  }

  /** One asks at a time: who comes second finds the token. */
  token(request: TokenRequest, signal: AbortSignal): Promise<string> {
    const mine = this.#turn.then(() => this.#get(request, signal));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #get({ scope, claims }: TokenRequest, signal: AbortSignal): Promise<string> {
    const { clock } = this.#spec.http;
    const kept = this.#kept.get(scope);
    if (claims === undefined && kept !== undefined && kept.until > clock.now()) return kept.token;
    this.#endpoints ??= await this.#resolve(signal);
    const response = await this.#send(
      {
        method: "POST",
        url: this.#endpoints.token,
        headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
        body: this.#form(scope, claims),
      },
      signal,
    );
    const answer = this.#answerOf(response, scope);
    if (this.#endpoints.isCacheable)
      this.#kept.set(scope, { token: answer.token, until: clock.now() + answer.lifeMs - REFRESH_BEFORE_MS });
    return answer.token;
  }

  /** Fields in the order of Go's url.Values. */
  #form(scope: string, claims: string | undefined): string {
    const { clientId, proof } = this.#spec;
    const isAssertion = "assertion" in proof;
    return new URLSearchParams([
      ["claims", mergedClaims(claims)],
      ...(isAssertion
        ? [
            ["client_assertion", proof.assertion],
            ["client_assertion_type", JWT_BEARER],
          ]
        : []),
      ["client_id", clientId],
      ...(isAssertion ? [["client_info", "1"]] : [["client_secret", proof.clientSecret]]),
      ["grant_type", "client_credentials"],
      ["scope", `${scope} openid offline_access profile`],
    ] as [string, string][]).toString();
  }

  async #resolve(signal: AbortSignal): Promise<Endpoints> {
    const { authorityHost, tenantId, proxied } = this.#spec;
    const { host } = new URL(authorityHost);
    const tenant = tenantId.toLowerCase();
    const own = `${authorityHost}${tenantId}${tenant === ADFS ? "" : "/v2.0"}/.well-known/openid-configuration`;
    if (tenant === ADFS || proxied !== undefined)
      return { token: await this.#tokenEndpoint(own, signal), isCacheable: true };
    const isTrusted = TRUSTED_HOSTS.has(host);
    const query = `api-version=1.1&authorization_endpoint=${encodeURIComponent(
      `https://${host}/${tenant}/oauth2/v2.0/authorize`,
    )}`;
    const discovery = await this.#exchange(
      { method: "GET", url: `https://${isTrusted ? host : HOME_HOST}/common/discovery/instance?${query}` },
      signal,
    );
    const found = discovery.status === 200 ? parsed(discovery.body) : undefined;
    // What MSAL knows by itself it need not be told.
    if (found === undefined && !isTrusted) throw this.#refusal(discovery);
    const elsewhere = found?.["tenant_discovery_endpoint"];
    const address = isTrusted || typeof elsewhere !== "string" ? own : elsewhere;
    const isCacheable = found === undefined || aliasesOf(found).includes(host);
    return { token: await this.#tokenEndpoint(address, signal), isCacheable };
  }

  async #tokenEndpoint(address: string, signal: AbortSignal): Promise<string> {
    // MSAL puts a query behind it even where there is none.
    const url = this.#spec.proxied === undefined ? `${address}?` : address;
    const configuration = parsed((await this.#send({ method: "GET", url }, signal)).body);
    for (const field of ["authorization_endpoint", "token_endpoint", "issuer"]) {
      const value = configuration?.[field];
      if (typeof value !== "string" || value === "") throw this.#failed(`openid configuration: ${field} was not found`);
    }
    return configuration?.["token_endpoint"] as string;
  }

  /** @throws Error for any answer but 200 */
  async #send(request: AzureRequest, signal: AbortSignal): Promise<AzureResponse> {
    const response = await this.#exchange(request, signal);
    if (response.status !== 200) throw this.#refusal(response);
    return response;
  }

  async #exchange(request: AzureRequest, signal: AbortSignal): Promise<AzureResponse> {
    try {
      return await this.#spec.http.send(this.#spec.proxied?.(request) ?? request, signal);
    } catch (error) {
      if (!(error instanceof AzureNetworkError)) throw error;
      const what = request.method === "GET" ? "unable to resolve an endpoint: " : "";
      throw this.#failed(`${what}server response error:\n ${error.message}`);
    }
  }

  #answerOf({ body }: AzureResponse, scope: string): { readonly token: string; readonly lifeMs: number } {
    const answer = parsed(body);
    if (answer === undefined) throw this.#failed(`json decode error: invalid response\nraw message was: ${body}`);
    const lifeMs = lifeOf(answer, this.#spec.http.clock.now());
    if (lifeMs === undefined)
      throw this.#failed(
        `json decode error: expires_in and expires_on are both missing or invalid\nraw message was: ${body}`,
      );
    const granted = answer["scope"];
    if (
      typeof granted === "string" &&
      granted !== "" &&
      !granted.toLowerCase().split(" ").includes(scope.toLowerCase())
    )
      throw this.#failed(`token response failed because declined scopes are present: ${scope}`);
    const token = answer["access_token"];
    if (typeof token !== "string" || token === "") throw this.#failed("response is missing access_token");
    return { token, lifeMs };
  }

  #refusal(response: AzureResponse): Error {
    return authenticationError(this.#name, response, "", this.#hint());
  }

  #failed(why: string): Error {
    const hint = this.#hint();
    return new Error(`${this.#name}: ${why}${hint === "" ? "" : `. ${hint}`}`);
  }

  #hint(): string {
    return "assertion" in this.#spec.proof
      ? ""
      : "To troubleshoot, visit https://aka.ms/azsdk/go/identity/troubleshoot#client-secret";
  }
}

type Json = Readonly<Record<string, unknown>>;

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

function aliasesOf(discovery: Json): string[] {
  const metadata = discovery["metadata"];
  if (!Array.isArray(metadata)) return [];
  return metadata.flatMap((entry: { aliases?: unknown }) => (Array.isArray(entry.aliases) ? entry.aliases : []));
}

/** Seconds from now or since 1970, as number or text. */
export function lifeOf(answer: Json, now: number): number | undefined {
  const seconds = (name: string): number => {
    const value = answer[name];
    return typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value)) ? Number(value) : 0;
  };
  if (seconds("expires_in") > 0) return seconds("expires_in") * 1000;
  return seconds("expires_on") > 0 ? seconds("expires_on") * 1000 - now : undefined;
}

/** What the resource asks for and what this client can, in one; keys sorted, as Go writes maps. */
function mergedClaims(claims: string | undefined): string {
  const asked = claims === undefined ? undefined : parsed(claims);
  const tokens = { ...(asked?.["access_token"] as Json | undefined), ...CAPABILITIES };
  const sorted = (value: Json): Json =>
    Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  return JSON.stringify(sorted({ ...asked, access_token: sorted(tokens) }));
}
