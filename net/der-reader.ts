/** One element of DER or BER (X.690): what a PFX and a certificate's extensions are made of. */
export type Der = {
  /** The identifier octet: class, form and number. */
  readonly tag: number;
  readonly body: Buffer;
  /** The whole element with its head. */
  readonly bytes: Buffer;
};

export const TAG = { integer: 2, bits: 3, octets: 4, oid: 6, sequence: 0x30, set: 0x31 } as const;

/** @throws Error for bytes that hold no whole element */
export function readDer(bytes: Buffer, at = 0): Der {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new Error("asn1: syntax error: data truncated");
  if (first === 0x80) return readIndefinite(bytes, at, tag);
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (more > 4 || at + 2 + more > bytes.length) throw new Error("asn1: syntax error: data truncated");
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  if (start + length > bytes.length) throw new Error("asn1: syntax error: data truncated");
  return { tag, body: bytes.subarray(start, start + length), bytes: bytes.subarray(at, start + length) };
}

/** BER's open form, which some stores write: elements until two zero octets. */
function readIndefinite(bytes: Buffer, at: number, tag: number): Der {
  let end = at + 2;
  while (bytes[end] !== 0 || bytes[end + 1] !== 0) end += readDer(bytes, end).bytes.length;
  return { tag, body: bytes.subarray(at + 2, end), bytes: bytes.subarray(at, end + 2) };
}

export function children({ body }: Der): Der[] {
  const found: Der[] = [];
  for (let at = 0; at < body.length; ) {
    const child = readDer(body, at);
    found.push(child);
    at += child.bytes.length;
  }
  return found;
}

/** The element at a path of indexes. @throws Error where there is none */
export function child(der: Der, ...path: readonly number[]): Der {
  let found = der;
  for (const index of path) {
    const next = children(found)[index];
    if (next === undefined) throw new Error("asn1: structure error: sequence truncated");
    found = next;
  }
  return found;
}

export function oidText({ body }: Der): string {
  const parts: number[] = [];
  let value = 0;
  for (const byte of body) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      if (parts.length === 0)
        parts.push(Math.min(Math.floor(value / 40), 2), value - 40 * Math.min(Math.floor(value / 40), 2));
      else parts.push(value);
      value = 0;
    }
  }
  return parts.join(".");
}

export function smallInteger({ body }: Der): number {
  return body.length > 6 ? Number.NaN : body.readUIntBE(0, body.length);
}

/** Octets, also where they come in pieces. */
export function octetsOf(der: Der): Buffer {
  return (der.tag & 0x20) === 0 ? der.body : Buffer.concat(children(der).map(octetsOf));
}
