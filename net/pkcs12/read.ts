import { createDecipheriv, createHmac, createPrivateKey, pbkdf2Sync } from "node:crypto";
import { child, children, type Der, octetsOf, oidText, readDer, smallInteger } from "../der-reader.ts";
import { deriveKey, EMPTY_PASSWORD, type Hash } from "./kdf.ts";
import { OID } from "./oids.ts";
import { rc2CbcDecrypt } from "./rc2.ts";

/** What a PFX holds: keys as PKCS#8, certificates, each DER and in the file's order. */
export type PfxContent = { readonly keys: readonly Buffer[]; readonly certificates: readonly Buffer[] };

const HASHES: Readonly<Record<string, Hash>> = {
  [OID.sha1]: { name: "sha1", block: 64 },
  "2.16.840.1.101.3.4.2.1": { name: "sha256", block: 64 },
  "2.16.840.1.101.3.4.2.2": { name: "sha384", block: 128 },
  "2.16.840.1.101.3.4.2.3": { name: "sha512", block: 128 },
};
const PBKDF2_HASHES: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
};
const AES: Readonly<Record<string, { readonly name: string; readonly key: number }>> = {
  "2.16.840.1.101.3.4.1.2": { name: "aes-128-cbc", key: 16 },
  "2.16.840.1.101.3.4.1.22": { name: "aes-192-cbc", key: 24 },
  "2.16.840.1.101.3.4.1.42": { name: "aes-256-cbc", key: 32 },
};

/** PBES2 takes the password as it is, so the empty one is no bytes at all. */
const PASSWORD = Buffer.alloc(0);

/** `classic`: SHA-1, 3DES and RC2 in exactly two parts. `any`: SHA-2 and AES too, in any number of parts. */
export type PfxDialect = "classic" | "any";

/**
 * Reads a PFX with the empty password (RFC 7292). `classic` reads what golang.org/x/crypto/pkcs12 does and
 * refuses the rest in its words.
 * @throws Error that begins with `pkcs12: `
 */
export function readPfx(bytes: Buffer, dialect: PfxDialect): PfxContent {
  const pfx = part(() => readDer(bytes), "error reading P12 data: ");
  if (smallInteger(child(pfx, 0)) !== 3) throw new Error("pkcs12: can only decode v3 PFX PDU's");
  if (oidText(child(pfx, 1, 0)) !== OID.data) throw new Error("pkcs12: only password-protected PFX is implemented");
  const authenticated = octetsOf(child(pfx, 1, 1, 0));
  const mac = children(pfx)[2];
  if (mac === undefined) throw new Error("pkcs12: no MAC in data");
  verifyMac(mac, authenticated, dialect);
  const safes = children(readDer(authenticated));
  if (dialect === "classic" && safes.length !== 2)
    throw new Error("pkcs12: expected exactly two items in the authenticated safe");
  const keys: Buffer[] = [];
  const certificates: Buffer[] = [];
  for (const safe of safes) {
    for (const bag of children(readDer(safeContents(safe, dialect)))) {
      const kind = oidText(child(bag, 0));
      const value = child(bag, 1, 0);
      if (kind === OID.certificateBag) certificates.push(octetsOf(child(value, 1, 0)));
      else if (kind === OID.keyBag) keys.push(normalKey(value.bytes));
      else if (kind === OID.shroudedKeyBag)
        keys.push(normalKey(decrypted(child(value, 0), octetsOf(child(value, 1)), dialect)));
    }
  }
  return { keys, certificates };
}

function part<T>(work: () => T, prefix: string): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`pkcs12: ${prefix}${(error as Error).message}`);
  }
}

/** Written anew, as Go's x509.MarshalPKCS8PrivateKey does: without attributes. */
function normalKey(pkcs8: Buffer): Buffer {
  return createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ format: "der", type: "pkcs8" });
}

function verifyMac(mac: Der, authenticated: Buffer, dialect: PfxDialect): void {
  const algorithm = oidText(child(mac, 0, 0, 0));
  const hash = HASHES[algorithm];
  if (hash === undefined || (dialect === "classic" && algorithm !== OID.sha1))
    throw new Error(`pkcs12: unknown digest algorithm: ${algorithm}`);
  const expected = octetsOf(child(mac, 0, 1));
  const salt = octetsOf(child(mac, 1));
  const rounds = children(mac)[2];
  const holds = [EMPTY_PASSWORD, PASSWORD].some((password) => {
    const key = deriveKey({ id: 3, password, salt, rounds: rounds === undefined ? 1 : smallInteger(rounds), hash });
    return createHmac(hash.name, key.subarray(0, expected.length)).update(authenticated).digest().equals(expected);
  });
  if (!holds) throw new Error("pkcs12: decryption password incorrect");
}

function safeContents(safe: Der, dialect: PfxDialect): Buffer {
  const kind = oidText(child(safe, 0));
  const content = child(safe, 1, 0);
  if (kind === OID.data) return octetsOf(content);
  if (kind !== OID.encryptedData)
    throw new Error("pkcs12: only data and encryptedData content types are supported in authenticated safe");
  const info = child(content, 1);
  return decrypted(child(info, 1), octetsOf(child(info, 2)), dialect);
}

function decrypted(algorithm: Der, data: Buffer, dialect: PfxDialect): Buffer {
  const kind = oidText(child(algorithm, 0));
  if (kind === OID.pbes2 && dialect === "any") return pbes2(child(algorithm, 1), data);
  if (kind !== OID.tripleDes && kind !== OID.rc2) throw new Error(`pkcs12: algorithm ${kind} is not supported`);
  const salt = octetsOf(child(algorithm, 1, 0));
  const rounds = smallInteger(child(algorithm, 1, 1));
  const hash = { name: "sha1", block: 64 };
  const derive = (id: number, length: number): Buffer =>
    deriveKey({ id, password: EMPTY_PASSWORD, salt, rounds, hash, length });
  const [key, iv] = [derive(1, kind === OID.rc2 ? 5 : 24), derive(2, 8)];
  if (kind === OID.rc2) return unpadded(rc2CbcDecrypt(key, 40, iv, data));
  const decipher = createDecipheriv("des-ede3-cbc", key, iv).setAutoPadding(false);
  return unpadded(Buffer.concat([decipher.update(data), decipher.final()]));
}

/** PKCS#5 v2 with PBKDF2 and AES. */
function pbes2(parameters: Der, data: Buffer): Buffer {
  const pbkdf2 = children(child(parameters, 0, 1));
  const [salt, rounds] = [pbkdf2[0], pbkdf2[1]];
  const prf = pbkdf2.find(({ tag }) => tag === 0x30);
  const hash = prf === undefined ? "sha1" : PBKDF2_HASHES[oidText(child(prf, 0))];
  const cipher = AES[oidText(child(parameters, 1, 0))];
  if (salt === undefined || rounds === undefined || hash === undefined || cipher === undefined)
    throw new Error("pkcs12: unsupported PBES2 parameters");
  const key = pbkdf2Sync(PASSWORD, octetsOf(salt), smallInteger(rounds), cipher.key, hash);
  const decipher = createDecipheriv(cipher.name, key, octetsOf(child(parameters, 1, 1)));
  return Buffer.concat([decipher.update(data), decipher.final()]);
}

function unpadded(bytes: Buffer): Buffer {
  const padding = bytes[bytes.length - 1] ?? 0;
  if (padding === 0 || padding > 8 || padding > bytes.length)
    throw new Error("pkcs12: decryption error, incorrect padding");
  return bytes.subarray(0, bytes.length - padding);
}
