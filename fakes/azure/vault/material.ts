import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, X509Certificate } from "node:crypto";
import { promisify } from "node:util";
import { readPfx, writePfx } from "../../../net/index.ts";
import { refusals } from "./refusal.ts";

/** A key's public half in Key Vault's form of a JSON Web Key; the private half stays in the vault. */
export type PublicKey = {
  /** `RSA`, `RSA-HSM`, `EC`, `EC-HSM`, `oct`. */
  readonly kty: string;
  readonly n?: string;
  readonly e?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
};

export type KeyValue = { readonly key: PublicKey; readonly operations: readonly string[]; readonly isManaged: boolean };

export type CertificateValue = {
  /** The leaf, DER. */
  readonly cer: Buffer;
  readonly contentType: string;
  readonly subject: string;
  readonly thumbprint: string;
};

/** What a certificate is made of: leaf first, and the key of the leaf. */
export type Bundle = { readonly key: KeyObject; readonly certificates: readonly Buffer[] };

const generate = promisify(generateKeyPair);
const CURVES: Readonly<Record<string, string>> = {
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
  "P-256K": "secp256k1",
};
const OPERATIONS = ["sign", "verify", "wrapKey", "unwrapKey", "encrypt", "decrypt"];

/** A new key pair of a kind Key Vault makes. @throws VaultRefusal for any other */
export async function newKey(kty: string, crv = "P-256", size = 2048): Promise<KeyObject> {
  if (kty.startsWith("RSA")) {
    if (![2048, 3072, 4096].includes(size)) throw refusals.bad(`Key size ${size} is not valid.`);
    return (await generate("rsa", { modulusLength: size })).privateKey;
  }
  const namedCurve = Object.hasOwn(CURVES, crv) ? CURVES[crv] : undefined;
  if (!kty.startsWith("EC") || namedCurve === undefined) throw refusals.bad(`Key type ${kty} ${crv} is not valid.`);
  return (await generate("ec", { namedCurve })).privateKey;
}

/** The public half as a vault shows it. @param kty what it is called there: `RSA-HSM` for one in hardware */
export function keyValue(key: KeyObject, kty?: string, isManaged = false): KeyValue {
  const isPrivate = key.type === "private";
  const { n, e, x, y, crv, kty: own = "" } = (isPrivate ? createPublicKey(key) : key).export({ format: "jwk" });
  const called = kty ?? own;
  const shown: PublicKey = called.startsWith("RSA")
    ? { kty: called, n: n ?? "", e: e ?? "" }
    : { kty: called, crv: crv === "secp256k1" ? "P-256K" : (crv ?? ""), x: x ?? "", y: y ?? "" };
  return { key: shown, operations: called.startsWith("RSA") ? OPERATIONS : ["sign", "verify"], isManaged };
}

/** @throws VaultRefusal for what holds no key and certificate */
export function bundleOf(text: string): Bundle {
  try {
    if (text.includes("-----BEGIN")) return pemBundle(text);
    const { keys, certificates } = readPfx(Buffer.from(text, "base64"), "any");
    const [key] = keys;
    if (key === undefined || certificates.length === 0) throw new Error("no key or no certificate");
    return { key: createPrivateKey({ key, format: "der", type: "pkcs8" }), certificates };
  } catch (error) {
    throw refusals.bad(
      `The specified PKCS#12 or PEM X.509 certificate content can not be read: ${(error as Error).message}`,
    );
  }
}

function pemBundle(text: string): Bundle {
  const blocks = text.match(/-----BEGIN [^-]+-----[\s\S]+?-----END [^-]+-----/g) ?? [];
  const key = blocks.find((block) => block.includes("PRIVATE KEY"));
  const certificates = blocks
    .filter((block) => block.includes("CERTIFICATE"))
    .map((block) => new X509Certificate(block).raw);
  if (key === undefined || certificates.length === 0) throw new Error("no key or no certificate");
  return { key: createPrivateKey(key), certificates };
}

/** What stands behind a certificate as a secret: all of it, in the form that its policy says. */
export function secretText({ key, certificates }: Bundle, contentType: string): string {
  if (contentType === "application/x-pem-file") {
    const chain = certificates.map((certificate) => new X509Certificate(certificate).toString());
    return `${key.export({ type: "pkcs8", format: "pem" })}${chain.join("")}`;
  }
  return writePfx({ keys: [key.export({ type: "pkcs8", format: "der" })], certificates }).toString("base64");
}

export function certificateValue({ certificates }: Bundle, contentType: string): CertificateValue {
  const [leaf = Buffer.alloc(0)] = certificates;
  const parsed = new X509Certificate(leaf);
  return {
    cer: leaf,
    contentType,
    subject: parsed.subject.split("\n").reverse().join(", "),
    thumbprint: Buffer.from(parsed.fingerprint.replaceAll(":", ""), "hex").toString("base64url"),
  };
}
