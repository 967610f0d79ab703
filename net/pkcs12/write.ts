import { createCipheriv, createHmac, randomBytes } from "node:crypto";
import { context, integer, octets, oid, sequence } from "../der.ts";
import { deriveKey, EMPTY_PASSWORD, type Hash } from "./kdf.ts";
import { OID } from "./oids.ts";
import type { PfxContent } from "./read.ts";

const SHA1: Hash = { name: "sha1", block: 64 };
/** The password is empty, so more would guard nothing. */
const ROUNDS = 1;

/** A PFX with the empty password, in the classic form that every reader knows: 3DES and a SHA-1 MAC, two parts. */
export function writePfx({ keys, certificates }: PfxContent): Buffer {
  const certificateBags = certificates.map((certificate) =>
    sequence(oid(OID.certificateBag), context(0, sequence(oid(OID.x509Certificate), context(0, octets(certificate))))),
  );
  const keyBags = keys.map((key) => {
    const { algorithm, data } = encrypted(key);
    return sequence(oid(OID.shroudedKeyBag), context(0, sequence(algorithm, octets(data))));
  });
  const { algorithm, data } = encrypted(sequence(...certificateBags));
  const authenticated = sequence(
    sequence(
      oid(OID.encryptedData),
      context(0, sequence(integer(0), sequence(oid(OID.data), algorithm, context(0, data, false)))),
    ),
    sequence(oid(OID.data), context(0, octets(sequence(...keyBags)))),
  );
  const salt = randomBytes(8);
  const key = deriveKey({ id: 3, password: EMPTY_PASSWORD, salt, rounds: ROUNDS, hash: SHA1 });
  const digest = createHmac("sha1", key).update(authenticated).digest();
  return sequence(
    integer(3),
    sequence(oid(OID.data), context(0, octets(authenticated))),
    sequence(sequence(sequence(oid(OID.sha1), Buffer.from([5, 0])), octets(digest)), octets(salt), integer(ROUNDS)),
  );
}

function encrypted(plain: Buffer): { readonly algorithm: Buffer; readonly data: Buffer } {
  const salt = randomBytes(8);
  const derive = (id: number, length: number): Buffer =>
    deriveKey({ id, password: EMPTY_PASSWORD, salt, rounds: ROUNDS, hash: SHA1, length });
  const cipher = createCipheriv("des-ede3-cbc", derive(1, 24), derive(2, 8));
  return {
    algorithm: sequence(oid(OID.tripleDes), sequence(octets(salt), integer(ROUNDS))),
    data: Buffer.concat([cipher.update(plain), cipher.final()]),
  };
}
