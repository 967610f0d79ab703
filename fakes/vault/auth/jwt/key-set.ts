import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import type { HttpClient } from "../../../../net/index.ts";

export type KeySource = { readonly keys: readonly KeyObject[] } | { readonly url: string; readonly client: HttpClient };

const DEADLINE_MS = 30_000;

/** The public keys of an issuer, fetched anew when a token names one that is not known yet. */
export class KeySet {
  readonly #source: KeySource;
  #byKid = new Map<string, KeyObject>();
  #loaded: readonly KeyObject[] = [];

  constructor(source: KeySource) {
    this.#source = source;
    if ("keys" in source) this.#loaded = source.keys;
  }

  /** Fetches the JWKS. Throws where it cannot be read. */
  async load(): Promise<void> {
    if ("keys" in this.#source) return;
    const { client, url } = this.#source;
    const answer = await client.request({ method: "GET", url, deadlineMs: DEADLINE_MS });
    if (answer.status !== 200) throw new Error(`fetching keys: the server answered ${answer.status}`);
    const body = JSON.parse(answer.body.toString("utf8")) as { keys?: (JsonWebKey & { kid?: string })[] };
    const byKid = new Map<string, KeyObject>();
    const all: KeyObject[] = [];
    for (const jwk of body.keys ?? []) {
      const key = createPublicKey({ key: jwk, format: "jwk" });
      all.push(key);
      if (jwk.kid !== undefined) byKid.set(jwk.kid, key);
    }
    this.#byKid = byKid;
    this.#loaded = all;
  }

  /** The keys that may have signed a token with this key id. */
  async candidates(kid: string | undefined): Promise<readonly KeyObject[]> {
    if ("keys" in this.#source) return this.#loaded;
    if (this.#loaded.length === 0 || (kid !== undefined && !this.#byKid.has(kid))) await this.load();
    const named = kid === undefined ? undefined : this.#byKid.get(kid);
    return named === undefined ? this.#loaded : [named];
  }
}

/** The JWKS address of an OIDC issuer. Throws where discovery fails or names another issuer. */
export async function discover(client: HttpClient, issuer: string): Promise<string> {
  const base = issuer.replace(/\/$/, "");
  const answer = await client.request({
    method: "GET",
    url: `${base}/.well-known/openid-configuration`,
    deadlineMs: DEADLINE_MS,
  });
  if (answer.status !== 200) throw new Error(`discovery was answered ${answer.status}`);
  const document = JSON.parse(answer.body.toString("utf8")) as { issuer?: string; jwks_uri?: string };
  if (document.issuer !== issuer)
    throw new Error(
      `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(document.issuer)}`,
    );
  if (document.jwks_uri === undefined) throw new Error("discovery names no jwks_uri");
  return document.jwks_uri;
}
