/**
 * DER, as far as certificates need it (X.690). A certificate library costs 80–170 ms to import, more than
 * the whole start of the embedded cluster may take; what is written here is four tags and their lengths.
 */
type Bytes = Uint8Array;

function tlv(tag: number, ...parts: readonly Bytes[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body]);
  const size =
    length < 0x100
      ? [length]
      : length < 0x10000
        ? [length >> 8, length & 0xff]
        : [length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length, ...size]), body]);
}

export const sequence = (...parts: readonly Bytes[]): Buffer => tlv(0x30, ...parts);
export const set = (...parts: readonly Bytes[]): Buffer => tlv(0x31, ...parts);
export const octets = (content: Bytes): Buffer => tlv(0x04, content);
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const bits = (content: Bytes, unused = 0): Buffer => tlv(0x03, Buffer.from([unused]), content);

/** A context tag around others (`constructed`), or in place of a primitive's own. */
export const context = (number: number, content: Bytes, constructed = true): Buffer =>
  tlv((constructed ? 0xa0 : 0x80) | number, content);

/** A non-negative integer, big-endian; a leading zero keeps it from reading as negative. */
export function integer(value: Bytes | number): Buffer {
  const bytes = typeof value === "number" ? Buffer.from([value]) : Buffer.from(value);
  return tlv(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** `1.2.840.10045.4.3.2` */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const base128 = (n: number): number[] => {
    const digits = [n & 0x7f];
    for (let left = n >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  };
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). */
export function time(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replace(/\.\d+/, "").replace(/[-:T]/g, "");
  return Number(digits.slice(0, 4)) < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}
