import { createHash, hash as hashOnce } from "node:crypto";

/** A hash and the size of its blocks in bytes. */
export type Hash = { readonly name: string; readonly block: number };

/** The empty password as PKCS#12 sees it: a BMPString of nothing but its end. */
export const EMPTY_PASSWORD = Buffer.from([0, 0]);

export type Derivation = {
  /** 1 a key, 2 an initial vector, 3 a MAC's key. */
  readonly id: number;
  readonly password: Buffer;
  readonly salt: Buffer;
  readonly rounds: number;
  readonly hash: Hash;
  /** Bytes; one digest when left out. */
  readonly length?: number;
};

/** RFC 7292, appendix B.2. */
export function deriveKey({ id, password, salt, rounds, hash, length }: Derivation): Buffer {
  const { name, block } = hash;
  const filled = (bytes: Buffer): Buffer =>
    bytes.length === 0 ? bytes : Buffer.alloc(block * Math.ceil(bytes.length / block), bytes);
  const input = Buffer.concat([filled(salt), filled(password)]);
  const diversifier = Buffer.alloc(block, id);
  const size = createHash(name).digest().length;
  const wanted = length ?? size;
  const out: Buffer[] = [];
  for (let made = 0; made < wanted; made += size) {
    let digest = createHash(name).update(diversifier).update(input).digest();
    for (let round = 1; round < rounds; round++) digest = hashOnce(name, digest, "buffer");
    out.push(digest);
    addToEach(input, block, Buffer.alloc(block, digest));
  }
  return Buffer.concat(out).subarray(0, wanted);
}

/** Adds `addend + 1` to every block, as big-endian numbers. */
function addToEach(input: Buffer, block: number, addend: Buffer): void {
  for (let at = 0; at < input.length; at += block) {
    let carry = 1;
    for (let i = block - 1; i >= 0; i--) {
      const sum = (input[at + i] ?? 0) + (addend[i] ?? 0) + carry;
      input[at + i] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}
