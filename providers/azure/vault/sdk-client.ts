import type { SecretClientOptions } from "@azure/keyvault-secrets";
import { type AzureHttp, type AzureResponse, responseError } from "../azure-http.ts";
import type { Credential } from "../identity/credential.ts";
import type { Collection, KeyVaultClient, KeyVaultClientSpec, VaultItem } from "./key-vault.ts";

/**
 * Reads a collection through the store's official client, which knows the vault's challenge, paging and newest API. It
 * is handed our connections and retries, and no clock: its own would wait in real time.
 */
export class SdkKeyVaultClient implements KeyVaultClient {
  readonly #spec: KeyVaultClientSpec;
  #reader: Promise<Reader> | undefined;
  /** The first request, which learns what the vault wants: others wait for it and need no challenge of their own. */
  #first: Promise<unknown> | undefined;
  /** Refusals as they came, by address: the SDK's errors do not keep all of them. */
  readonly #refused = new Map<string, AzureResponse>();

  constructor(spec: KeyVaultClientSpec) {
    this.#spec = spec;
  }

  get(name: string, version: string, signal: AbortSignal): Promise<VaultItem> {
    return this.#read(name, signal, (reader) => reader.get(name, version));
  }

  versions(name: string, signal: AbortSignal): Promise<VaultItem[]> {
    return this.#read(name, signal, (reader) => reader.versions(name));
  }

  async #read<T>(name: string, signal: AbortSignal, work: (reader: Reader) => Promise<T>): Promise<T> {
    if (name === "") throw new Error("parameter name cannot be empty");
    // A client is made for one mount, and so is the signal.
    this.#reader ??= this.#spec.http.clock.activity.track("azure SDK loads", () =>
      openReader(this.#spec, signal, (answer) => this.#refused.set(answer.request.url, answer)),
    );
    const reader = await this.#reader;
    if (this.#first !== undefined) await this.#first;
    const mine = work(reader).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : this.#explained(error);
    });
    this.#first ??= mine.then(
      () => {},
      () => {},
    );
    return await mine;
  }

  /** A refusal of the store keeps the words that users of the provider know. */
  #explained(error: unknown): unknown {
    const url = (error as { readonly request?: { readonly url?: string } }).request?.url;
    const answer = url === undefined ? undefined : this.#refused.get(url);
    return answer === undefined ? error : responseError(answer);
  }
}

/** One collection as the SDK gives it, brought into the vault's own form. */
type Reader = {
  get(name: string, version: string): Promise<VaultItem>;
  versions(name: string): Promise<VaultItem[]>;
};

type Options = Pick<SecretClientOptions, "httpClient" | "retryOptions">;
type TokenCredential = ConstructorParameters<typeof import("@azure/keyvault-secrets").SecretClient>[1];

async function openReader(
  { http, vaultUrl, collection, credential }: KeyVaultClientSpec,
  signal: AbortSignal,
  onRefusal: (answer: AzureResponse) => void,
): Promise<Reader> {
  const options = {
    httpClient: httpClientOf(http, signal, onRefusal),
    retryOptions: { maxRetries: 0 },
  } satisfies Options;
  return await READERS[collection](vaultUrl, tokenCredential(credential, http, signal), options);
}

type Open = (url: string, credential: TokenCredential, options: Options) => Promise<Reader>;

const READERS: Readonly<Record<Collection, Open>> = {
  secrets: async (url, credential, options) => {
    const { SecretClient } = await import("@azure/keyvault-secrets");
    const client = new SecretClient(url, credential, options);
    return {
      get: async (name, version) => {
        const { value, properties } = await client.getSecret(name, { version });
        return given({
          value,
          id: properties.id,
          kid: properties.certificateKeyId,
          contentType: properties.contentType,
        });
      },
      versions: (name) => collect(client.listPropertiesOfSecretVersions(name)),
    };
  },
  keys: async (url, credential, options) => {
    const { KeyClient } = await import("@azure/keyvault-keys");
    const client = new KeyClient(url, credential, options);
    return {
      get: async (name, version) => {
        const { key = {}, id } = await client.getKey(name, { version });
        const { kid = id, kty, crv } = key;
        const number = (bytes: Uint8Array | undefined): string | undefined =>
          bytes === undefined ? undefined : Buffer.from(bytes).toString("base64url");
        const [n, e, x, y] = [key.n, key.e, key.x, key.y].map(number);
        return { key: given({ kid, kty, crv, n, e, x, y }) };
      },
      versions: (name) => collect(client.listPropertiesOfKeyVersions(name)),
    };
  },
  certificates: async (url, credential, options) => {
    const { CertificateClient } = await import("@azure/keyvault-certificates");
    const client = new CertificateClient(url, credential, options);
    return {
      get: async (name, version) => {
        const found =
          version === "" ? await client.getCertificate(name) : await client.getCertificateVersion(name, version);
        return given({
          id: found.properties.id ?? found.id,
          cer: found.cer === undefined ? undefined : Buffer.from(found.cer).toString("base64"),
        });
      },
      versions: (name) => collect(client.listPropertiesOfCertificateVersions(name)),
    };
  },
};

type Properties = {
  readonly id?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly createdOn?: Date | undefined;
};

async function collect(pages: AsyncIterable<Properties>): Promise<VaultItem[]> {
  const items: VaultItem[] = [];
  for await (const { id, enabled, createdOn } of pages) {
    const created = createdOn === undefined ? undefined : Math.floor(createdOn.getTime() / 1000);
    items.push({ ...given({ id }), attributes: given({ enabled, created }) });
  }
  return items;
}

/** Without what is undefined. */
function given<T extends Readonly<Record<string, unknown>>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

const HOUR_MS = 3_600_000;

/** What our credential keeps it keeps itself: for the SDK each token is good for as long as a mount takes. */
function tokenCredential(credential: Credential, { clock }: AzureHttp, signal: AbortSignal): TokenCredential {
  return {
    getToken: async (scopes, options = {}) => {
      const { claims } = options;
      const scope = [scopes].flat()[0] ?? "";
      const token = await credential.token({ scope, ...(claims !== undefined && { claims }) }, signal);
      return { token, expiresOnTimestamp: clock.wall() + HOUR_MS };
    },
  };
}

type SdkHttpClient = NonNullable<Options["httpClient"]>;
type SdkHeaders = Parameters<SdkHttpClient["sendRequest"]>[0]["headers"];

/** The SDK's pipeline over our connections: names, CA, retries and time are ours. */
function httpClientOf(http: AzureHttp, signal: AbortSignal, onRefusal: (answer: AzureResponse) => void): SdkHttpClient {
  return {
    sendRequest: async (request) => {
      if (request.method !== "GET") throw new Error(`${request.method} ${request.url}: only reads are sent`);
      const answer = await http.send({ method: "GET", url: request.url, headers: request.headers.toJSON() }, signal);
      if (answer.status >= 400) onRefusal(answer);
      return { request, status: answer.status, headers: new AnswerHeaders(answer.headers), bodyAsText: answer.body };
    },
  };
}

/** An answer's headers as the SDK wants them. */
class AnswerHeaders implements SdkHeaders {
  readonly #values: Map<string, string>;

  constructor(headers: AzureResponse["headers"]) {
    this.#values = new Map(
      Object.entries(headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name.toLowerCase(), [value].flat().join(", ")] as const],
      ),
    );
  }

  get(name: string): string | undefined {
    return this.#values.get(name.toLowerCase());
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  set(name: string, value: string | number | boolean): void {
    this.#values.set(name.toLowerCase(), String(value));
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this.#values);
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#values[Symbol.iterator]();
  }
}
