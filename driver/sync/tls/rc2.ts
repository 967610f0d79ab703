/**
 * RC2 (RFC 2268), decryption in CBC mode: certificates in old PFX files are encrypted with it, and OpenSSL 3 has put
 * it where Node does not reach.
 */
export function decryptRc2(key: Buffer, effectiveBits: number, iv: Buffer, data: Buffer): Buffer {
  const words = expand(key, effectiveBits);
  const out = Buffer.alloc(data.length);
  let previous = iv;
  for (let at = 0; at + 8 <= data.length; at += 8) {
    const block = data.subarray(at, at + 8);
    const plain = decryptBlock(words, block);
    for (let i = 0; i < 8; i++) out[at + i] = (plain[i] ?? 0) ^ (previous[i] ?? 0);
    previous = block;
  }
  return out;
}

// Digits of pi, from the RFC.
const PI = Buffer.from(
  "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2" +
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82" +
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626" +
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7" +
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec" +
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731" +
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9" +
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad",
  "hex",
);
const ROTATIONS = [1, 2, 3, 5];

function expand(key: Buffer, effectiveBits: number): Uint16Array {
  const bytes = Buffer.alloc(128);
  key.copy(bytes);
  for (let i = key.length; i < 128; i++)
    bytes[i] = PI[((bytes[i - 1] ?? 0) + (bytes[i - key.length] ?? 0)) & 0xff] ?? 0;
  const size = Math.ceil(effectiveBits / 8);
  const mask = 0xff >> (8 * size - effectiveBits);
  bytes[128 - size] = PI[(bytes[128 - size] ?? 0) & mask] ?? 0;
  for (let i = 127 - size; i >= 0; i--) bytes[i] = PI[(bytes[i + 1] ?? 0) ^ (bytes[i + size] ?? 0)] ?? 0;
  const words = new Uint16Array(64);
  for (let i = 0; i < 64; i++) words[i] = bytes.readUInt16LE(2 * i);
  return words;
}

function decryptBlock(words: Uint16Array, block: Buffer): Buffer {
  const r = [0, 2, 4, 6].map((at) => block.readUInt16LE(at));
  const at = (i: number): number => r[(i + 4) % 4] ?? 0;
  let next = 63;
  const unmix = (): void => {
    for (let i = 3; i >= 0; i--) {
      const shift = ROTATIONS[i] ?? 0;
      const turned = ((at(i) >>> shift) | (at(i) << (16 - shift))) & 0xffff;
      const sum = (words[next--] ?? 0) + (at(i - 1) & at(i - 2)) + (~at(i - 1) & at(i - 3) & 0xffff);
      r[i] = (turned - sum) & 0xffff;
    }
  };
  const unmash = (): void => {
    for (let i = 3; i >= 0; i--) r[i] = (at(i) - (words[at(i - 1) & 63] ?? 0)) & 0xffff;
  };
  for (let round = 0; round < 16; round++) {
    unmix();
    if (round === 4 || round === 10) unmash();
  }
  const out = Buffer.alloc(8);
  r.forEach((word, i) => {
    out.writeUInt16LE(word, 2 * i);
  });
  return out;
}
