import { createPrivateKey, type KeyObject } from "node:crypto";
import { type PemBlock, pemText } from "./pem.ts";

/** What a block that is meant to be a private key turned out to be. */
export type KeyPart =
  | { readonly kind: "key"; readonly pem: string }
  /** A key, of a kind that kubernetes.io/tls is not used with. */
  | { readonly kind: "unsupported" }
  /** No key that can be read: encrypted, damaged, or something else altogether. */
  | { readonly kind: "unreadable" };

/** `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC1), from PKCS#1, PKCS#8 or SEC1; by content, not by label. */
export function keyPart(der: Buffer): KeyPart {
  const key = readKey(der);
  switch (key?.asymmetricKeyType) {
    case undefined:
      return { kind: "unreadable" };
    case "rsa":
      return { kind: "key", pem: reencoded("RSA PRIVATE KEY", key?.export({ type: "pkcs1", format: "der" })) };
    case "ec":
      return { kind: "key", pem: reencoded("EC PRIVATE KEY", key?.export({ type: "sec1", format: "der" })) };
    default:
      return { kind: "unsupported" };
  }
}

function readKey(der: Buffer): KeyObject | undefined {
  for (const type of ["pkcs1", "pkcs8", "sec1"] as const) {
    try {
      return createPrivateKey({ key: der, format: "der", type });
    } catch {
      // another form, or none
    }
  }
  return undefined;
}

function reencoded(label: string, der: Buffer | undefined): string {
  return pemText({ label, headers: [], der: der ?? Buffer.alloc(0) });
}

/** What upstream makes of a block that it cannot read: a key with nothing in it. */
export function emptyKey(): string {
  return pemText({ label: "PRIVATE KEY", headers: [], der: Buffer.alloc(0) });
}

/** Whether a block may hold a private key at all: `EC PARAMETERS` for one never does. */
export function isKeyBlock({ label }: PemBlock): boolean {
  return label.endsWith("PRIVATE KEY");
}
