import { type Clock, messageOf, minutes } from "../../core/index.ts";
import {
  createHttpClient,
  type Dialer,
  type HttpClient,
  type Jwk,
  type JwtClaims,
  verifySignature,
} from "../../net/index.ts";

export type IssuerKeysOptions = {
  readonly clock: Clock;
  /** How an issuer's host becomes a connection. */
  readonly dialer?: Dialer;
  /** Who issued the issuers' certificates, PEM. */
  readonly caPem?: string;
  /** How long keys are kept, in milliseconds; an hour when left out. */
  readonly keepMs?: number;
};

/** Why a token is none of its issuer's: unreachable issuer, unknown key, wrong signature. */
export class IssuerError extends Error {
  override readonly name = "IssuerError";
  readonly kind: "unreachable" | "unknown_key" | "bad_signature";

  constructor(kind: IssuerError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * The public keys of OIDC issuers, found as any relying party finds them (OpenID Connect Discovery): a token service
 * knows a cluster by its issuer URL alone. Keys are kept for a while; a token that names another key makes it ask anew,
 * so that rotated keys are met.
 */
export class IssuerKeys implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #http: HttpClient;
  readonly #keepMs: number;
  readonly #kept = new Map<string, { readonly keys: readonly Jwk[]; readonly until: number }>();

  constructor({ clock, dialer, caPem, keepMs = minutes(60) }: IssuerKeysOptions) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#http = createHttpClient({ clock, ...(dialer && { dialer }), ...(caPem !== undefined && { caPem }) });
  }

  /**
   * The claims of a token that this issuer signed. Issuer, lifetime and audience are the caller's to judge.
   * @throws IssuerError
   */
  async verify(issuer: string, token: string, kid: string | undefined): Promise<JwtClaims> {
    const kept = this.#kept.get(issuer);
    const isKnown = kept !== undefined && kept.until > this.#clock.now() && kept.keys.some((key) => key.kid === kid);
    const keys = isKnown ? kept.keys : await this.#fetch(issuer);
    if (kid !== undefined && !keys.some((key) => key.kid === kid))
      throw new IssuerError("unknown_key", `the issuer ${issuer} has no key "${kid}"`);
    try {
      return verifySignature(token, keys).claims;
    } catch (error) {
      throw new IssuerError("bad_signature", messageOf(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }

  async #fetch(issuer: string): Promise<readonly Jwk[]> {
    const discovery = await this.#json(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    const address = discovery["jwks_uri"];
    if (typeof address !== "string") throw new IssuerError("unreachable", `${issuer} names no jwks_uri`);
    const { keys } = (await this.#json(address)) as { readonly keys?: unknown };
    if (!Array.isArray(keys)) throw new IssuerError("unreachable", `${address} holds no keys`);
    const usable = keys.filter((key: { readonly kty?: unknown }) => key.kty === "RSA") as Jwk[];
    this.#kept.set(issuer, { keys: usable, until: this.#clock.now() + this.#keepMs });
    return usable;
  }

  async #json(url: string): Promise<Readonly<Record<string, unknown>>> {
    try {
      const { status, body } = await this.#http.request({ method: "GET", url, deadlineMs: 10_000 });
      if (status !== 200) throw new Error(`status ${status}`);
      return JSON.parse(body.toString("utf8")) as Readonly<Record<string, unknown>>;
    } catch (error) {
      throw new IssuerError("unreachable", `${url} cannot be read: ${messageOf(error)}`);
    }
  }
}
