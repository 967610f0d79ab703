import { createHmac, timingSafeEqual } from "node:crypto";
import type { Rules } from "../../behaviour.ts";
import { childOf, type Element, objectId, octets, readElement, readHeader, SEQUENCE } from "./ber.ts";
import { CERTIFICATE, type PemBlock } from "./pem.ts";
import { DIGESTS, decrypt, deriveKey, INCORRECT_PASSWORD, iterationsOf, REAL_DRIVERS_SCHEMES } from "./pkcs12-key.ts";

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const KEY_BAG = "1.2.840.113549.1.12.10.1.1";
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERT_BAG = "1.2.840.113549.1.12.10.1.3";
/** What OpenSSL, and the real driver, write above a block. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.9.20": "friendlyName",
  "1.2.840.113549.1.9.21": "localKeyId",
  "1.3.6.1.4.1.311.17.1": "Microsoft CSP Name",
};

/** "No password" is written as an empty text by some and as no text at all by others. */
const NO_PASSWORDS: readonly Buffer[] = [Buffer.from([0, 0]), Buffer.alloc(0)];

/**
 * Certificates and keys of a PKCS#12 file without password, in their order (RFC 7292). The real driver reads the old
 * form alone (SHA-1, RC2, 3DES); `hardened` reads what OpenSSL 3 writes too, and either as base64 text.
 * @throws Error with the words of Go's pkcs12 package
 */
export function readPfx(data: Uint8Array, rules: Rules): PemBlock[] {
  const pfx = rules.has("pfx") ? Buffer.from(data) : unwrapped(Buffer.from(data));
  const root = rootOf(pfx);
  const authSafe = childOf(root, 1);
  const content = octets(childOf(childOf(authSafe, 1), 0));
  const password = passwordOf(root.children[2], content, rules);
  const safes = readElement(content).children;
  if (rules.has("pfx") && safes.length !== 2)
    throw new Error("pkcs12: expected exactly two items in the authenticated safe");
  return safes.flatMap((safe) => contentsOf(safe, password, rules)).flatMap((bag) => blockOf(bag, password, rules));
}

/** A file that a store keeps as text. */
function unwrapped(data: Buffer): Buffer {
  const text = data.toString("latin1").replace(/\s/g, "");
  return text.length > 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : data;
}

function rootOf(pfx: Buffer): Element {
  try {
    const { tagClass, tag, isConstructed, length } = readHeader(pfx);
    if (tagClass !== 0 || tag !== SEQUENCE || !isConstructed) {
      const found = `{class:${tagClass} tag:${tag} length:${length ?? 0} isCompound:${isConstructed}}`;
      throw new Error(`asn1: structure error: tags don't match (16 vs ${found}) ${GO_PARAMETERS} pfxPdu @2`);
    }
    return readElement(pfx);
  } catch (error) {
    throw new Error(`pkcs12: error reading P12 data: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Go prints what it expected as a struct. */
const GO_PARAMETERS =
  "{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 " +
  "timeType:0 set:false omitEmpty:false}";

/** @returns the way of writing "no password" with which the file's authentication code holds */
function passwordOf(mac: Element | undefined, content: Buffer, rules: Rules): Buffer {
  if (mac === undefined) {
    if (rules.has("pfx")) throw new Error("pkcs12: no MAC in data");
    return NO_PASSWORDS[0] ?? Buffer.alloc(0);
  }
  const [info, salt, iterations] = [childOf(mac, 0), octets(childOf(mac, 1)), mac.children[2]];
  const algorithm = objectId(childOf(childOf(info, 0), 0));
  const digest = DIGESTS[algorithm];
  if (digest === undefined || (rules.has("pfx") && digest !== "sha1"))
    throw new Error(`pkcs12: unknown digest algorithm: ${algorithm}`);
  const expected = octets(childOf(info, 1));
  const rounds = iterations === undefined ? 1 : iterationsOf(iterations);
  for (const password of NO_PASSWORDS) {
    const key = deriveKey(digest, password, salt, rounds, 3, expected.length);
    const code = createHmac(digest, key).update(content).digest();
    if (code.length === expected.length && timingSafeEqual(code, expected)) return password;
  }
  throw new Error(INCORRECT_PASSWORD);
}

/** The bags of one safe, decrypted where it is encrypted. */
function contentsOf(safe: Element, password: Buffer, rules: Rules): readonly Element[] {
  const kind = objectId(childOf(safe, 0));
  const inner = childOf(childOf(safe, 1), 0);
  if (kind === DATA) return readElement(octets(inner)).children;
  if (kind !== ENCRYPTED_DATA)
    throw new Error("pkcs12: only data and encryptedData content types are supported in authenticated safe");
  const encrypted = childOf(inner, 1);
  return readElement(opened(childOf(encrypted, 1), octets(childOf(encrypted, 2)), password, rules)).children;
}

function opened(algorithm: Element, data: Buffer, password: Buffer, rules: Rules): Buffer {
  const scheme = objectId(childOf(algorithm, 0));
  if (rules.has("pfx") && !REAL_DRIVERS_SCHEMES.has(scheme))
    throw new Error(`pkcs12: algorithm ${scheme} is not supported`);
  return decrypt(algorithm, data, password);
}

function blockOf(bag: Element, password: Buffer, rules: Rules): PemBlock[] {
  const kind = objectId(childOf(bag, 0));
  const value = childOf(childOf(bag, 1), 0);
  const headers = (bag.children[2]?.children ?? []).flatMap(headerOf);
  if (kind === CERT_BAG) return [{ label: CERTIFICATE, headers, der: octets(childOf(childOf(value, 1), 0)) }];
  if (kind === SHROUDED_KEY_BAG)
    return [
      { label: "PRIVATE KEY", headers, der: opened(childOf(value, 0), octets(childOf(value, 1)), password, rules) },
    ];
  if (kind === KEY_BAG && !rules.has("pfx")) return [{ label: "PRIVATE KEY", headers, der: encoded(bag) }];
  if (!rules.has("pfx")) return []; // revocation lists, secrets: not asked for
  throw new Error(`pkcs12: don't know how to convert a safe bag of type ${kind}`);
}

/** A key that is not encrypted stands in its bag as it is. */
function encoded(bag: Element): Buffer {
  return childOf(bag, 1).content;
}

function headerOf(attribute: Element): [string, string][] {
  const name = ATTRIBUTES[objectId(childOf(attribute, 0))];
  const value = childOf(attribute, 1).children[0];
  if (name === undefined || value === undefined) return [];
  if (name === "localKeyId") return [[name, octets(value).toString("hex")]];
  return [[name, Buffer.from(value.content).swap16().toString("utf16le")]];
}
