import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { promisify } from "node:util";
import { MountproofError } from "../core/index.ts";

/** A public key as JWKS serves it (RFC 7517). */
export type Jwk = {
  readonly kty: string;
  readonly kid: string;
  readonly alg: string;
  readonly use: "sig";
  readonly n: string;
  readonly e: string;
};

/** What signs a cluster's tokens. */
export type SigningKey = {
  readonly kid: string;
  readonly jwk: Jwk;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
};

export type JwtClaims = Readonly<Record<string, unknown>>;
export type JwtHeader = { readonly alg?: string; readonly kid?: string; readonly typ?: string };

const generate = promisify(generateKeyPair);

/**
 * An RSA key for RS256. Its id is the unpadded base64url SHA-256 of the DER public key, as kube-apiserver
 * derives it. Takes 50–300 ms off the main thread: make one a run.
 */
export async function createSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generate("rsa", { modulusLength: 2048 });
  return signingKeyFrom(privateKey);
}

/** A key that was made before, from its PEM. */
export function signingKeyOf(privateKeyPem: string): SigningKey {
  return signingKeyFrom(createPrivateKey(privateKeyPem));
}

function signingKeyFrom(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const kid = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64url");
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  return { kid, publicKey, privateKey, jwk: { use: "sig", kty: "RSA", kid, alg: "RS256", n, e } };
}

/** A compact RS256 token. */
export function signJwt(claims: JwtClaims, key: Pick<SigningKey, "kid" | "privateKey">): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "RS256", kid: key.kid })}.${part(claims)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), key.privateKey).toString("base64url")}`;
}

/** Header and claims without any check. @throws MountproofError `unauthenticated` for what is no JWT */
export function decodeJwt(token: string): { readonly header: JwtHeader; readonly claims: JwtClaims } {
  const [header, claims, signature, ...rest] = token.split(".");
  try {
    if (header === undefined || claims === undefined || signature === undefined || rest.length > 0)
      throw new Error("not three parts");
    const parse = (text: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return { header: parse(header), claims: parse(claims) };
  } catch (error) {
    throw new MountproofError("unauthenticated", { message: "the token is not a JWT", cause: error });
  }
}

/**
 * Checks the signature alone, with the key that the header names (any key when it names none). Lifetimes,
 * issuer and audience are the caller's to judge: each store has its own words for them.
 * @throws MountproofError `unauthenticated`
 */
export function verifySignature(
  token: string,
  keys: readonly (SigningKey | Jwk)[],
): { readonly header: JwtHeader; readonly claims: JwtClaims } {
  const decoded = decodeJwt(token);
  if (decoded.header.alg !== "RS256")
    throw new MountproofError("unauthenticated", {
      message: `the token is signed with "${decoded.header.alg}", expected RS256`,
    });
  const candidates = keys.filter(({ kid }) => decoded.header.kid === undefined || kid === decoded.header.kid);
  const at = token.lastIndexOf(".");
  const signed = Buffer.from(token.slice(0, at));
  const signature = Buffer.from(token.slice(at + 1), "base64url");
  const holds = candidates.some((key) =>
    verify("sha256", signed, "publicKey" in key ? key.publicKey : publicKeyOf(key), signature),
  );
  if (!holds)
    throw new MountproofError("unauthenticated", {
      message: candidates.length === 0 ? "no known key signed the token" : "the token's signature does not match",
    });
  return decoded;
}

/** The key behind a JWKS entry. */
export function publicKeyOf(jwk: Jwk): KeyObject {
  return createPublicKey({ key: { kty: jwk.kty, n: jwk.n, e: jwk.e }, format: "jwk" });
}
