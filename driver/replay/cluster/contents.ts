import { readFileSync } from "node:fs";
import type { ClusterProbe } from "./probe.ts";

const CERTIFICATES = JSON.parse(
  readFileSync(new URL("../../sync/tls/fixtures/certificates.json", import.meta.url), "utf8"),
) as Record<string, string>;
const text = (...names: string[]): Buffer => Buffer.from(names.map((name) => CERTIFICATES[name] ?? "").join(""));
const pfx = (name: string): Buffer => Buffer.from(CERTIFICATES[name] ?? "", "base64");

/** Of certificates and keys the recording kept the size alone: others of the same kinds stand for them. */
const BY_TITLE: Readonly<Record<string, Buffer>> = {
  "Opaque with labels and annotations": Buffer.from([0, 255, 1]),
  "one bundle: PKCS#8 RSA key + 2 certs": text("rsa.key", "rsa.crt", "ec.crt"),
  "certs before key, PKCS#1": text("rsa.crt", "ec.crt", "rsa1.key"),
  "two keys: the last one counts": text("rsa.crt", "rsa.key", "ec.key"),
  "EC PARAMETERS block after the key": text("ec.crt", "ec1.key", "ecp.pem").subarray(),
  "PFX without password (old ciphers)": pfx("old.pfx"),
  "PFX without password (AES-256, SHA-256 MAC)": pfx("new.pfx"),
  "PFX with a password": pfx("password.pfx"),
  "PFX in base64 text": text("old.pfx"),
  "PKCS#8 EC key": text("ec.crt", "ec.key"),
  "key ca.crt": text("rsa.crt", "rsa.key"),
  "Ed25519 key": text("rsa.crt", "ed.key"),
  "encrypted PKCS#8 key": text("rsa.crt", "rsa-enc8.key"),
  "encrypted PKCS#1 key": text("rsa.crt", "rsa-enc1.key"),
  "only certificates in the source, key wanted": text("rsa.crt"),
  "no certificate": text("rsa.key"),
  "only tls.crt wanted": text("rsa.crt"),
};

export function contentsOf(probe: ClusterProbe, file: { readonly content?: string; readonly size: number }): Buffer {
  if (file.content !== undefined) return Buffer.from(file.content);
  const known = BY_TITLE[probe.title];
  if (known === undefined) throw new Error(`${probe.title}: what was in the file?`);
  // Parameters that come last: those of a key of their own would bring a key along.
  return probe.title.startsWith("EC PARAMETERS") ? withoutLastKey(known) : known;
}

function withoutLastKey(pem: Buffer): Buffer {
  return Buffer.from(pem.toString().replace(/-----BEGIN EC PRIVATE KEY-----[^-]*-----END EC PRIVATE KEY-----\n$/, ""));
}
