import type { Clock } from "../../../core/index.ts";
import { type Dialer, decodeJwt, type JwtClaims } from "../../../net/index.ts";
import { IssuerError, IssuerKeys } from "../../kit/index.ts";

/** Why a token is no good. The store has its own words for each. */
export type TokenFault =
  | "not-a-jwt"
  | "unknown-issuer"
  | "keys-unavailable"
  | "unknown-key"
  | "bad-signature"
  | "expired"
  | "not-yet-valid"
  | "wrong-audience";

export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
  readonly fault: TokenFault;
  /** What the token says of itself, as far as it could be read: none of it is proven. */
  readonly claims: JwtClaims;

  constructor(fault: TokenFault, claims: JwtClaims = {}) {
    super(`the token is refused: ${fault}`);
    this.fault = fault;
    this.claims = claims;
  }
}

/** An OIDC issuer that a store was told to trust. */
export type TrustedIssuer = {
  readonly url: string;
  /** Whose certificate its server must show; Node's own authorities when left out. */
  readonly caPem?: string;
};

const SECOND_MS = 1000;

const FAULTS: Readonly<Record<IssuerError["kind"], TokenFault>> = {
  unreachable: "keys-unavailable",
  unknown_key: "unknown-key",
  bad_signature: "bad-signature",
};

/** Judges ServiceAccount tokens: issuer, audience, lifetime, and the signature by the issuer's published keys. */
export class TokenCheck implements AsyncDisposable {
  readonly #options: { readonly clock: Clock; readonly dialer?: Dialer };
  /** One for each authority whose certificates an issuer was said to show. */
  readonly #keys = new Map<string, IssuerKeys>();

  constructor(options: { readonly clock: Clock; readonly dialer?: Dialer }) {
    this.#options = options;
  }

  /**
   * @param trusted the issuers that count, of which the token's own is one or none
   * @param audiences of which the token must have one; any when left out
   * @throws TokenRefused
   */
  async check(
    token: string,
    trusted: readonly TrustedIssuer[],
    audiences?: readonly string[],
  ): Promise<{ readonly claims: JwtClaims; readonly issuer: TrustedIssuer }> {
    const { header, claims } = decoded(token);
    const issuer = trusted.find(({ url }) => url.replace(/\/$/, "") === String(claims["iss"]).replace(/\/$/, ""));
    if (issuer === undefined) throw new TokenRefused("unknown-issuer", claims);
    if (audiences !== undefined && !audiencesOf(claims).some((one) => audiences.includes(one)))
      throw new TokenRefused("wrong-audience", claims);
    const now = this.#options.clock.now();
    if (Number(claims["exp"] ?? 0) * SECOND_MS <= now) throw new TokenRefused("expired", claims);
    if (Number(claims["nbf"] ?? 0) * SECOND_MS > now) throw new TokenRefused("not-yet-valid", claims);
    try {
      await this.#keysOf(issuer).verify(issuer.url, token, header.kid);
    } catch (error) {
      if (error instanceof IssuerError) throw new TokenRefused(FAULTS[error.kind], claims);
      throw error;
    }
    return { claims, issuer };
  }

  #keysOf({ caPem }: TrustedIssuer): IssuerKeys {
    let keys = this.#keys.get(caPem ?? "");
    if (keys === undefined) {
      keys = new IssuerKeys({ ...this.#options, ...(caPem !== undefined && { caPem }) });
      this.#keys.set(caPem ?? "", keys);
    }
    return keys;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const keys of this.#keys.values()) await keys[Symbol.asyncDispose]();
  }
}

/** `aud` is a text or a list. */
export function audiencesOf(claims: JwtClaims): readonly string[] {
  const { aud } = claims;
  return Array.isArray(aud) ? aud.map(String) : aud === undefined ? [] : [String(aud)];
}

function decoded(token: string): ReturnType<typeof decodeJwt> {
  try {
    return decodeJwt(token);
  } catch {
    throw new TokenRefused("not-a-jwt");
  }
}
