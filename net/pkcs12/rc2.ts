/** RC2 (RFC 2268): OpenSSL 3 has put it away, and the certificates of a classic PFX are encrypted with it. */

/** RFC 2268, section 2: digits of pi. */
const PI = Buffer.from(
  [
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2",
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82",
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626",
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7",
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec",
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731",
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9",
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad",
  ].join(""),
  "hex",
);

const BLOCK = 8;
const ROTATIONS = [1, 2, 3, 5] as const;

function expand(key: Uint8Array, bits: number): Uint16Array {
  const bytes = Buffer.alloc(128);
  Buffer.from(key).copy(bytes);
  const at = (index: number): number => bytes[index] ?? 0;
  for (let i = key.length; i < 128; i++) bytes[i] = PI[(at(i - 1) + at(i - key.length)) & 0xff] ?? 0;
  const length = Math.ceil(bits / 8);
  const mask = 0xff >> (8 * length - bits);
  bytes[128 - length] = PI[at(128 - length) & mask] ?? 0;
  for (let i = 127 - length; i >= 0; i--) bytes[i] = PI[at(i + 1) ^ at(i + length)] ?? 0;
  return Uint16Array.from({ length: 64 }, (_, word) => bytes.readUInt16LE(2 * word));
}

type Words = [number, number, number, number];

function decryptBlock(words: Words, key: Uint16Array): void {
  const word = (index: number): number => words[index & 3] ?? 0;
  let j = 63;
  const mix = (): void => {
    for (let i = 3; i >= 0; i--) {
      const turn = ROTATIONS[i as 0 | 1 | 2 | 3];
      const value = word(i);
      const turned = ((value >> turn) | (value << (16 - turn))) & 0xffff;
      const sum = (key[j--] ?? 0) + (word(i + 3) & word(i + 2)) + (~word(i + 3) & word(i + 1));
      words[i as 0] = (turned - sum) & 0xffff;
    }
  };
  const mash = (): void => {
    for (let i = 3; i >= 0; i--) words[i as 0] = (word(i) - (key[word(i + 3) & 63] ?? 0)) & 0xffff;
  };
  for (let round = 0; round < 5; round++) mix();
  mash();
  for (let round = 0; round < 6; round++) mix();
  mash();
  for (let round = 0; round < 5; round++) mix();
}

/** CBC without taking the padding off. @param bits the effective key length: 40 for a classic PFX */
export function rc2CbcDecrypt(key: Uint8Array, bits: number, iv: Uint8Array, data: Buffer): Buffer {
  const expanded = expand(key, bits);
  const plain = Buffer.alloc(data.length);
  let previous: Uint8Array = iv;
  for (let at = 0; at + BLOCK <= data.length; at += BLOCK) {
    const words = [0, 2, 4, 6].map((offset) => data.readUInt16LE(at + offset)) as Words;
    decryptBlock(words, expanded);
    for (const [index, value] of words.entries())
      plain.writeUInt16LE(value ^ ((previous[2 * index] ?? 0) | ((previous[2 * index + 1] ?? 0) << 8)), at + 2 * index);
    previous = data.subarray(at, at + BLOCK);
  }
  return plain;
}
