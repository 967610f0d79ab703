import {
  type AzureHttp,
  AzureNetworkError,
  type AzureRequest,
  authenticationError,
  METADATA_RETRIES,
} from "../azure-http.ts";
import type { Credential, TokenRequest } from "./credential.ts";
import { lifeOf } from "./entra.ts";

const IMDS = "http://169.254.169.254/metadata/identity/oauth2/token";
const HINT = "To troubleshoot, visit https://aka.ms/azsdk/go/identity/troubleshoot#managed-id";
const NAME = "ManagedIdentityCredential";
/** A kept token is used until five minutes before its end. */
const REFRESH_BEFORE_MS = 5 * 60_000;

/** Where this process finds the service that gives tokens to machines. */
export type MetadataSource =
  | { readonly kind: "imds" }
  | { readonly kind: "app-service"; readonly endpoint: string; readonly header: string };

/**
 * The source, by the variables of the process.
 * @throws Error for those that are not served here: Service Fabric, Azure Arc, Azure ML, Cloud Shell
 */
export function metadataSourceOf(environment: Readonly<Record<string, string>>): MetadataSource {
  const endpoint = environment["IDENTITY_ENDPOINT"] ?? "";
  const header = environment["IDENTITY_HEADER"] ?? "";
  const unserved = (what: string): never => {
    throw new Error(`${NAME}: ${what} is not supported by this provider`);
  };
  if (endpoint !== "" && header !== "")
    return environment["IDENTITY_SERVER_THUMBPRINT"] === undefined
      ? { kind: "app-service", endpoint, header }
      : unserved("Service Fabric");
  if (endpoint !== "" && (environment["IMDS_ENDPOINT"] ?? "") !== "") return unserved("Azure Arc");
  if ((environment["MSI_ENDPOINT"] ?? "") !== "")
    return unserved((environment["MSI_SECRET"] ?? "") === "" ? "Cloud Shell" : "Azure ML");
  return { kind: "imds" };
}

/** Tokens of the machine's identities, kept by the process over mounts. */
export class ManagedIdentityTokens {
  readonly #http: AzureHttp;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #kept = new Map<string, { readonly token: string; readonly until: number }>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(http: AzureHttp, environment: Readonly<Record<string, string>>) {
    this.#http = http;
    this.#environment = environment;
  }

  /** @param clientId of a user-assigned identity; empty for the machine's own */
  credential(clientId: string): Credential {
    return { token: (request, signal) => this.#token(clientId, request, signal) };
  }

  async #token(clientId: string, request: TokenRequest, signal: AbortSignal): Promise<string> {
    const mine = this.#turn.then(() => this.#get(clientId, request, signal));
    this.#turn = mine.catch(() => {});
    return await mine;
  }

  async #get(clientId: string, { scope }: TokenRequest, signal: AbortSignal): Promise<string> {
    const key = `${clientId} ${scope}`;
    const { clock } = this.#http;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > clock.now()) return kept.token;
    const response = await this.#http
      .send(this.#request(clientId, scope.replace(/\/\.default$/, "")), signal, { rule: METADATA_RETRIES })
      .catch((error: unknown) => {
        throw error instanceof AzureNetworkError ? new Error(`${NAME}: ${error.message}`) : error;
      });
    if (response.status === 400 && clientId === "")
      throw new Error(
        `${NAME}: failed to authenticate a system assigned identity. The endpoint responded with ${response.body}`,
      );
    if (response.status !== 200)
      throw authenticationError(
        NAME,
        response,
        response.status === 400 ? "the requested identity isn't assigned to this resource" : "",
        HINT,
      );
    const answer = objectOf(response.body);
    const token = answer["access_token"];
    const lifeMs = lifeOf(answer, clock.now());
    if (typeof token !== "string" || token === "" || lifeMs === undefined)
      throw authenticationError(NAME, response, "the endpoint's answer holds no token", HINT);
    this.#kept.set(key, { token, until: clock.now() + lifeMs - REFRESH_BEFORE_MS });
    return token;
  }

  #request(clientId: string, resource: string): AzureRequest {
    const source = metadataSourceOf(this.#environment);
    const identity = clientId === "" ? "" : `&client_id=${encodeURIComponent(clientId)}`;
    const query = (version: string): string =>
      `?api-version=${version}${identity}&resource=${encodeURIComponent(resource)}`;
    if (source.kind === "imds")
      return { method: "GET", url: `${IMDS}${query("2018-02-01")}`, headers: { metadata: "true" } };
    return {
      method: "GET",
      url: `${source.endpoint}${query("2019-08-01")}`,
      headers: { "x-identity-header": source.header },
    };
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}
