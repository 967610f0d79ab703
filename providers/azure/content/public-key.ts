import { createPublicKey } from "node:crypto";
import { ProviderCrash } from "../../kit/index.ts";
import type { JsonWebKey } from "../vault/key-vault.ts";
import { pemBlock } from "./pem.ts";

const CURVES = ["P-256", "P-384", "P-521"];

/**
 * A key's public half as PKIX PEM.
 * @throws Error for kinds that have none; ProviderCrash where the real provider dies
 */
export function publicKeyPem(key: JsonWebKey): string {
  const { kty, crv, n, e, x, y } = key;
  if (kty === undefined)
    throw new ProviderCrash("invalid memory address or nil pointer dereference: a key without kty");
  switch (kty) {
    case "RSA":
    case "RSA-HSM":
      return spki({ kty: "RSA", n: n ?? "", e: e ?? "" });
    case "EC":
    case "EC-HSM":
      if (crv === undefined)
        throw new ProviderCrash("invalid memory address or nil pointer dereference: an EC key without crv");
      if (!CURVES.includes(crv)) throw new Error(`curve ${crv} is not supported`);
      return spki({ kty: "EC", crv, x: x ?? "", y: y ?? "" });
    default:
      throw new Error(`failed to get key. key type '${kty}' currently not supported`);
  }
}

function spki(key: Readonly<Record<string, string>>): string {
  return pemBlock("PUBLIC KEY", createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "der" }));
}
