import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { compactVerify } from "jose";
import { isObject, type JsonObject, type JsonValue, numberOf, parseJson } from "../../../core/go/json.ts";

/** Signing algorithms that Vault takes. */
const ALGORITHMS: ReadonlySet<string> = new Set([
  "RS256",
  "RS384",
  "RS512",
  "ES256",
  "ES384",
  "ES512",
  "PS256",
  "PS384",
  "PS512",
  "EdDSA",
]);

/** Seconds by which clocks may differ before a token counts as expired or not yet valid. */
export const DEFAULT_LEEWAY = 60;

export type Jwt = { readonly header: JsonObject; readonly claims: JsonObject };

/** Takes a compact JWT apart without verifying it. Throws where it is none or its algorithm is not taken. */
export function decodeJwt(token: string): Jwt {
  const parts = token.split(".");
  if (parts.length !== 3) throw new Error("go-jose/go-jose: compact JWS format must have three parts");
  const [head, body] = parts.slice(0, 2).map((part) => parseJson(Buffer.from(part, "base64url").toString("utf8")));
  if (!isObject(head) || !isObject(body)) throw new Error("go-jose/go-jose: unexpected claims");
  const algorithm = head["alg"];
  if (typeof algorithm !== "string" || !ALGORITHMS.has(algorithm))
    throw new Error(`go-jose/go-jose: unexpected signature algorithm ${JSON.stringify(algorithm)}`);
  return { header: head, claims: body };
}

/** Whether one of the keys signed it. */
export async function isSignedBy(token: string, keys: readonly KeyObject[]): Promise<boolean> {
  for (const key of keys) {
    try {
      await compactVerify(token, key);
      return true;
    } catch {
      // The next key may fit.
    }
  }
  return false;
}

/** A public key out of PEM: a bare key or a certificate. */
export function publicKeyOf(pem: string): KeyObject {
  return pem.includes("BEGIN CERTIFICATE") ? new X509Certificate(pem).publicKey : createPublicKey(pem);
}

export type Expected = {
  readonly issuer?: string;
  readonly subject?: string;
  readonly audiences?: readonly string[];
  /** Seconds; see {@link leewayOf}. */
  readonly clockSkewLeeway?: number;
  readonly expirationLeeway?: number;
  readonly notBeforeLeeway?: number;
};

/** Checks registered claims. Throws with the texts of the library that Vault uses for both methods. */
export function checkClaims(claims: JsonObject, expected: Expected, nowMs: number): void {
  if (expected.issuer !== undefined && expected.issuer !== "" && claims["iss"] !== expected.issuer)
    throw new Error("invalid issuer (iss) claim");
  if (expected.subject !== undefined && expected.subject !== "" && claims["sub"] !== expected.subject)
    throw new Error("invalid subject (sub) claim");
  const wanted = expected.audiences ?? [];
  if (wanted.length > 0 && !audiencesOf(claims).some((audience) => wanted.includes(audience)))
    throw new Error("invalid audience (aud) claim: audience claim does not match any expected audience");
  checkTimes(claims, expected, nowMs / 1000);
}

function checkTimes(claims: JsonObject, expected: Expected, now: number): void {
  const skew = leewayOf(expected.clockSkewLeeway, DEFAULT_LEEWAY);
  const issued = numberOf(claims["iat"]);
  const notBefore = numberOf(claims["nbf"]);
  const expires = numberOf(claims["exp"]);
  const latestStart = Math.max(issued ?? 0, notBefore ?? 0);
  const notBeforeAt = notBefore ?? (issued ?? 0) - leewayOf(expected.notBeforeLeeway, 150);
  const expiresAt = expires ?? latestStart + leewayOf(expected.expirationLeeway, 150);
  if (issued === undefined && notBefore === undefined && expires === undefined) return;
  if (notBeforeAt - skew > now) throw new Error("invalid not before (nbf) claim: token not yet valid");
  if (expiresAt + skew < now) throw new Error("invalid expiration time (exp) claim: token is expired");
  if (issued !== undefined && issued - skew > now)
    throw new Error("invalid issued at (iat) claim: token issued in the future");
}

/** Zero or absent means the default, negative means none. */
export function leewayOf(seconds: number | undefined, otherwise: number): number {
  if (seconds === undefined || seconds === 0) return otherwise;
  return Math.max(0, seconds);
}

export function audiencesOf(claims: JsonObject): string[] {
  const audience: JsonValue | undefined = claims["aud"];
  if (typeof audience === "string") return [audience];
  return Array.isArray(audience) ? audience.filter((entry) => typeof entry === "string") : [];
}
