import { createDecipheriv, createHash, pbkdf2Sync } from "node:crypto";
import { childOf, type Element, integer, objectId, octets } from "./ber.ts";
import { decryptRc2 } from "./rc2.ts";

/** As many rounds as an event loop can be held up for: files of the field have 2,048, or a few hundred thousand. */
const MAX_ITERATIONS = 2_000_000;

const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";

export const DIGESTS: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.4": "sha224",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};
const PSEUDO_RANDOM: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.8": "sha224",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
};
const CIPHERS: Readonly<Record<string, readonly [name: string, keyBytes: number]>> = {
  "2.16.840.1.101.3.4.1.2": ["aes-128-cbc", 16],
  "2.16.840.1.101.3.4.1.22": ["aes-192-cbc", 24],
  "2.16.840.1.101.3.4.1.42": ["aes-256-cbc", 32],
  "1.2.840.113549.3.7": ["des-ede3-cbc", 24],
};
/** The scheme of PKCS#12 itself, all with SHA-1. The real driver knows the first two. */
export const OLD_SCHEMES: Readonly<Record<string, { readonly cipher: "3des" | "rc2"; readonly keyBytes: number }>> = {
  "1.2.840.113549.1.12.1.3": { cipher: "3des", keyBytes: 24 },
  "1.2.840.113549.1.12.1.6": { cipher: "rc2", keyBytes: 5 },
  "1.2.840.113549.1.12.1.4": { cipher: "3des", keyBytes: 16 },
  "1.2.840.113549.1.12.1.5": { cipher: "rc2", keyBytes: 16 },
};
export const REAL_DRIVERS_SCHEMES: ReadonlySet<string> = new Set(Object.keys(OLD_SCHEMES).slice(0, 2));

/** Which of a key's three uses: encryption, initial vector, or message authentication (RFC 7292, B.3). */
export type KeyUse = 1 | 2 | 3;

/** The key derivation of PKCS#12 (RFC 7292, B.2). `password` is UTF-16 with a final zero, or nothing at all. */
export function deriveKey(
  digest: string,
  password: Buffer,
  salt: Buffer,
  iterations: number,
  use: KeyUse,
  size: number,
): Buffer {
  const blockSize = digest === "sha384" || digest === "sha512" ? 128 : 64;
  const filled = (bytes: Buffer): Buffer =>
    bytes.length === 0 ? bytes : Buffer.alloc(blockSize * Math.ceil(bytes.length / blockSize), bytes);
  const input = Buffer.concat([filled(salt), filled(password)]);
  const out: Buffer[] = [];
  for (let have = 0; have < size; ) {
    let hash = createHash(digest).update(Buffer.alloc(blockSize, use)).update(input).digest();
    for (let round = 1; round < iterations; round++) hash = createHash(digest).update(hash).digest();
    out.push(hash);
    have += hash.length;
    const addend = Buffer.alloc(blockSize, hash);
    for (let at = 0; at < input.length; at += blockSize) addInto(input.subarray(at, at + blockSize), addend);
  }
  return Buffer.concat(out).subarray(0, size);
}

/** block + addend + 1, as numbers of that many bytes. */
function addInto(block: Buffer, addend: Buffer): void {
  let carry = 1;
  for (let i = block.length - 1; i >= 0; i--) {
    const sum = (block[i] ?? 0) + (addend[i] ?? 0) + carry;
    block[i] = sum & 0xff;
    carry = sum >> 8;
  }
}

/** @throws Error when the algorithm is unknown, or the padding shows that the password is another one */
export function decrypt(algorithm: Element, data: Buffer, password: Buffer): Buffer {
  const scheme = objectId(childOf(algorithm, 0));
  const old = OLD_SCHEMES[scheme];
  if (old === undefined && scheme !== PBES2) throw new Error(`pkcs12: algorithm ${scheme} is not supported`);
  const parameters = childOf(algorithm, 1);
  return old === undefined
    ? decryptPbes2(parameters, data, scheme)
    : decryptOld(old, octets(childOf(parameters, 0)), iterationsOf(childOf(parameters, 1)), data, password);
}

function decryptOld(
  { cipher, keyBytes }: (typeof OLD_SCHEMES)[string],
  salt: Buffer,
  iterations: number,
  data: Buffer,
  password: Buffer,
): Buffer {
  const key = deriveKey("sha1", password, salt, iterations, 1, keyBytes);
  const iv = deriveKey("sha1", password, salt, iterations, 2, 8);
  if (cipher === "rc2") return unpadded(decryptRc2(key, keyBytes * 8, iv, data));
  const whole = keyBytes === 24 ? key : Buffer.concat([key, key.subarray(0, 8)]);
  return unpadded(raw("des-ede3-cbc", whole, iv, data));
}

/** With the empty password, which is UTF-8 here. */
function decryptPbes2(parameters: Element, data: Buffer, scheme: string): Buffer {
  const derivation = childOf(parameters, 0);
  const encryption = childOf(parameters, 1);
  const cipher = CIPHERS[objectId(childOf(encryption, 0))];
  if (objectId(childOf(derivation, 0)) !== PBKDF2 || cipher === undefined)
    throw new Error(`pkcs12: algorithm ${scheme} is not supported`);
  const [name, keyBytes] = cipher;
  const { children } = childOf(derivation, 1);
  const [salt, iterations] = children;
  const random = children.find(({ tag, isConstructed }) => isConstructed && tag === 16);
  const digest = random === undefined ? "sha1" : PSEUDO_RANDOM[objectId(childOf(random, 0))];
  if (salt === undefined || iterations === undefined || digest === undefined)
    throw new Error(`pkcs12: algorithm ${scheme} is not supported`);
  const key = pbkdf2Sync("", octets(salt), iterationsOf(iterations), keyBytes, digest);
  return unpadded(raw(name, key, octets(childOf(encryption, 1)), data));
}

export function iterationsOf(element: Element): number {
  const iterations = integer(element);
  if (iterations >= 1 && iterations <= MAX_ITERATIONS) return iterations;
  throw new Error(`pkcs12: ${iterations} iterations are not supported`);
}

function raw(cipher: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  try {
    const decipher = createDecipheriv(cipher, key, iv).setAutoPadding(false);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch (error) {
    throw new Error("pkcs12: input is not a multiple of the block size", { cause: error });
  }
}

function unpadded(data: Buffer): Buffer {
  const count = data.at(-1) ?? 0;
  const isPadding = count > 0 && count <= 16 && data.subarray(-count).every((byte) => byte === count);
  if (!isPadding || count > data.length) throw new Error(INCORRECT_PASSWORD);
  return data.subarray(0, data.length - count);
}

export const INCORRECT_PASSWORD = "pkcs12: decryption password incorrect";
