import type { Clock } from "../../../core/index.ts";
import { decodeJwt, type Jwk, type JwtClaims, type SigningKey, signJwt, verifySignature } from "../../../net/index.ts";
import type { Identity } from "./directory.ts";

/** Who a vault lets in, as its token says. */
export type Caller = { readonly objectId: string; readonly clientId: string; readonly issuer: string };

export type Minted = { readonly token: string; readonly seconds: number; readonly expiresOn: number };

/** An hour less a second, as Entra ID gives it to applications. */
export const APPLICATION_SECONDS = 3599;
/** A day less a second, as machines get it. */
export const MACHINE_SECONDS = 86_399;

/** Access tokens: real signed JWTs, so that a vault can tell a forged one. */
export class AccessTokens {
  readonly #clock: Clock;
  readonly #key: SigningKey;

  constructor(clock: Clock, key: SigningKey) {
    this.#clock = clock;
    this.#key = key;
  }

  get jwks(): { readonly keys: readonly Jwk[] } {
    return { keys: [this.#key.jwk] };
  }

  mint({ tenantId, clientId, objectId }: Identity, audience: string, seconds: number): Minted {
    const now = Math.floor(this.#clock.now() / 1000);
    const claims: JwtClaims = {
      aud: audience,
      iss: issuerOf(tenantId),
      iat: now,
      nbf: now,
      exp: now + seconds,
      appid: clientId,
      idtyp: "app",
      oid: objectId,
      sub: objectId,
      tid: tenantId,
      ver: "1.0",
    };
    return { token: signJwt(claims, this.#key), seconds, expiresOn: now + seconds };
  }

  /**
   * Who a token is for a vault of this tenant.
   * @throws Error in Key Vault's words
   */
  verify(token: string, audience: string, tenantId: string): Caller {
    let claims: JwtClaims;
    try {
      claims = verifySignature(token, [this.#key]).claims;
    } catch {
      throw new Error("[BearerReadAccessTokenFailed] Error validating token: 'S2S12005'.");
    }
    const { aud, exp, iss, oid, appid } = claims as Readonly<Record<string, string | number | undefined>>;
    if (aud !== audience) throw new Error(`AKV10022: Invalid audience. Expected ${audience}, found: ${aud}.`);
    if (Number(exp) * 1000 <= this.#clock.now()) throw new Error("[TokenExpired] Error validating token: 'S2S12086'.");
    if (iss !== issuerOf(tenantId))
      throw new Error(`AKV10032: Invalid issuer. Expected one of ${issuerOf(tenantId)}, found ${iss}.`);
    return { objectId: String(oid), clientId: String(appid), issuer: String(iss) };
  }
}

const issuerOf = (tenantId: string): string => `https://sts.windows.net/${tenantId}/`;

/** Who a token says it is, unverified: for the journal. */
export function claimedClient(token: string): string | undefined {
  try {
    const { appid } = decodeJwt(token).claims;
    return typeof appid === "string" ? appid : undefined;
  } catch {
    return undefined;
  }
}
