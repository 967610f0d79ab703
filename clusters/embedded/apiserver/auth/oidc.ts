import type { SigningKey } from "../../../../net/jwt.ts";

/** `/.well-known/openid-configuration`: what a verifier of ServiceAccount tokens reads first. */
export function openIdConfiguration(issuer: string, jwksUri: string): Record<string, unknown> {
  return {
    issuer,
    jwks_uri: jwksUri,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}

/** `/openid/v1/jwks`, sent as `application/jwk-set+json`. */
export function jwks(published: readonly SigningKey[]): { readonly keys: readonly unknown[] } {
  return { keys: published.map(({ jwk: { alg, e, kid, kty, n, use } }) => ({ use, kty, kid, alg, n, e })) };
}
