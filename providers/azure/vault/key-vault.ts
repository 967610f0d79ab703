import { ProviderCrash } from "../../kit/index.ts";
import { type AzureHttp, type AzureRequest, type AzureResponse, responseError, type SendOnce } from "../azure-http.ts";
import type { Credential } from "../identity/credential.ts";
import { readChallenge, readClaims } from "./challenge.ts";

export type Collection = "secrets" | "keys" | "certificates";

/** What a vault answered, as it was: every field may be missing. */
export type VaultItem = {
  readonly id?: string;
  readonly kid?: string;
  readonly value?: string;
  readonly contentType?: string;
  readonly cer?: string;
  readonly key?: JsonWebKey;
  readonly attributes?: { readonly enabled?: boolean; readonly created?: number };
};

export type JsonWebKey = {
  readonly kid?: string;
  readonly kty?: string;
  readonly crv?: string;
  readonly n?: string;
  readonly e?: string;
  readonly x?: string;
  readonly y?: string;
};

/** One collection of one vault during one mount. */
export interface KeyVaultClient {
  /** @param version empty for the current one @throws Error in azcore's words */
  get(name: string, version: string, signal: AbortSignal): Promise<VaultItem>;
  /** All versions, page by page, in the vault's order. */
  versions(name: string, signal: AbortSignal): Promise<VaultItem[]>;
}

const API_VERSION = "7.4";

export type KeyVaultClientSpec = {
  readonly http: AzureHttp;
  readonly vaultUrl: string;
  readonly collection: Collection;
  readonly credential: Credential;
};

/**
 * Reads a collection as the official Go client does. Its first request goes without a token: the vault's answer names
 * the resource that a token must be for.
 */
export class HttpKeyVaultClient implements KeyVaultClient {
  readonly #spec: KeyVaultClientSpec;
  /** Set once the vault has said what it wants. */
  #scope: string | undefined;
  /** The request that finds out; others wait for it. */
  #challenge: Promise<unknown> | undefined;

  constructor(spec: KeyVaultClientSpec) {
    this.#spec = spec;
  }

  async get(name: string, version: string, signal: AbortSignal): Promise<VaultItem> {
    if (name === "") throw new Error("parameter name cannot be empty");
    return (await this.#read(this.#url(name, version), signal)) as VaultItem;
  }

  async versions(name: string, signal: AbortSignal): Promise<VaultItem[]> {
    if (name === "") throw new Error("parameter name cannot be empty");
    const items: VaultItem[] = [];
    for (let next: string | undefined = this.#url(name, "versions"); next !== undefined && next !== ""; ) {
      const page = (await this.#read(next, signal)) as { value?: VaultItem[] | null; nextLink?: string | null };
      items.push(...(page.value ?? []));
      next = page.nextLink ?? undefined;
    }
    return items;
  }

  #url(name: string, rest: string): string {
    const { vaultUrl, collection } = this.#spec;
    return `${vaultUrl}/${collection}/${escapedSegment(name)}/${escapedSegment(rest)}?api-version=${API_VERSION}`;
  }

  async #read(url: string, signal: AbortSignal): Promise<unknown> {
    const request: AzureRequest = { method: "GET", url, headers: { accept: "application/json" } };
    const response = await this.#spec.http.send(request, signal, {
      attempt: (send) => this.#attempt(request, send, signal),
    });
    if (response.status !== 200) throw responseError(response);
    try {
      return (JSON.parse(response.body) as unknown) ?? {};
    } catch {
      throw new Error(`unmarshalling type: the answer of ${request.url.replace(/\?.*$/, "")} is no JSON`);
    }
  }

  async #attempt(request: AzureRequest, send: SendOnce, signal: AbortSignal): Promise<AzureResponse> {
    while (this.#scope === undefined && this.#challenge !== undefined) await this.#challenge;
    if (this.#scope !== undefined) return await this.#authorized(request, this.#scope, send, signal);
    const first = this.#first(request, send);
    const over = first.then(
      () => {},
      () => {},
    );
    this.#challenge = over;
    try {
      const answer = await first;
      if (this.#scope === undefined) return answer;
      return await this.#authorized(request, this.#scope, send, signal);
    } finally {
      if (this.#challenge === over) this.#challenge = undefined;
    }
  }

  /** A vault that wants no token has answered for good. */
  async #first(request: AzureRequest, send: SendOnce): Promise<AzureResponse> {
    const answer = await send(request);
    if (answer.status !== 401) return answer;
    const challenge = readChallenge(answer.headers["www-authenticate"], request.url);
    if (challenge.kind === "crash") throw new ProviderCrash(challenge.why);
    if (challenge.kind === "scope") this.#scope = challenge.scope;
    return answer;
  }

  async #authorized(request: AzureRequest, scope: string, send: SendOnce, signal: AbortSignal): Promise<AzureResponse> {
    const withToken = async (claims?: string): Promise<AzureResponse> => {
      const token = await this.#spec.credential.token({ scope, ...(claims !== undefined && { claims }) }, signal);
      return await send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
    };
    const answer = await withToken();
    const claims = answer.status === 401 ? readClaims(answer.headers["www-authenticate"]) : undefined;
    return claims === undefined ? answer : await withToken(claims);
  }
}

/** Go's url.PathEscape. */
function escapedSegment(text: string): string {
  return encodeURIComponent(text)
    .replace(/%(24|26|2B|3A|3D|40)/g, (code) => decodeURIComponent(code))
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
