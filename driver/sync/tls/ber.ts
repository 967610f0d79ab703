/** One element of an ASN.1 encoding (X.690): DER as it should be, BER as Windows and Java write it. */
export type Element = {
  /** 0 universal, 1 application, 2 context. */
  readonly tagClass: number;
  readonly tag: number;
  readonly isConstructed: boolean;
  /** What stands inside, without the header. */
  readonly content: Buffer;
  readonly children: readonly Element[];
  /** Where it ends, header included. */
  readonly end: number;
};

export const SEQUENCE = 16;

/** Deep enough for any certificate file, and no deeper: what comes from a provider may be hostile. */
const MAX_DEPTH = 40;

/** @throws Error "sequence truncated" and the like, in Go's words */
export function readElement(data: Buffer, start = 0, depth = 0): Element {
  const { tagClass, tag, isConstructed, length, contentStart } = readHeader(data, start);
  if (depth > MAX_DEPTH) throw syntaxError("nested too deep");
  if (length === undefined) return readIndefinite(data, contentStart, depth, { tagClass, tag });
  const end = contentStart + length;
  if (end > data.length) throw syntaxError("data truncated");
  const content = data.subarray(contentStart, end);
  const children = isConstructed ? readAll(content, depth + 1) : [];
  return { tagClass, tag, isConstructed, content, children, end };
}

export type Header = {
  readonly tagClass: number;
  readonly tag: number;
  readonly isConstructed: boolean;
  /** Undefined for the indefinite form. */
  readonly length: number | undefined;
  readonly contentStart: number;
};

/** Tag and length alone: what Go's parser looks at before anything else. */
export function readHeader(data: Buffer, start = 0): Header {
  if (start >= data.length) throw syntaxError("sequence truncated");
  const first = data[start] ?? 0;
  const tag = first & 0x1f;
  if (tag === 0x1f) throw syntaxError("base 128 integer too large");
  const lengthByte = data[start + 1];
  if (lengthByte === undefined) throw syntaxError("truncated tag or length");
  const rest = { tagClass: first >> 6, tag, isConstructed: (first & 0x20) !== 0 };
  if (lengthByte < 0x80) return { ...rest, length: lengthByte, contentStart: start + 2 };
  const bytes = lengthByte & 0x7f;
  if (bytes === 0) return { ...rest, length: undefined, contentStart: start + 2 };
  if (bytes > 4 || start + 2 + bytes > data.length) throw syntaxError("truncated tag or length");
  return { ...rest, length: data.readUIntBE(start + 2, bytes), contentStart: start + 2 + bytes };
}

function readAll(content: Buffer, depth: number): Element[] {
  const children: Element[] = [];
  for (let at = 0; at < content.length; ) {
    const child = readElement(content, at, depth);
    children.push(child);
    at = child.end;
  }
  return children;
}

function readIndefinite(
  data: Buffer,
  contentStart: number,
  depth: number,
  rest: { readonly tagClass: number; readonly tag: number },
): Element {
  const children: Element[] = [];
  for (let at = contentStart; ; ) {
    const child = readElement(data, at, depth + 1);
    if (child.tagClass === 0 && child.tag === 0)
      return { ...rest, isConstructed: true, content: data.subarray(contentStart, at), children, end: child.end };
    children.push(child);
    at = child.end;
  }
}

/** The bytes of an OCTET STRING, which BER may hand over in pieces. */
export function octets({ isConstructed, content, children }: Element): Buffer {
  return isConstructed ? Buffer.concat(children.map(octets)) : content;
}

/** `1.2.840.113549.1.7.1` */
export function objectId({ content }: Element): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (numbers.length === 0) {
      const first = Math.min(2, Math.floor(value / 40));
      numbers.push(first, value - first * 40);
    } else numbers.push(value);
    value = 0;
  }
  return numbers.join(".");
}

export function integer({ content }: Element): number {
  return content.length === 0 || content.length > 6 ? Number.NaN : content.readIntBE(0, content.length);
}

/** The child at `index`, which must be there. */
export function childOf(element: Element, index: number): Element {
  const child = element.children[index];
  if (child === undefined) throw syntaxError("sequence truncated");
  return child;
}

function syntaxError(text: string): Error {
  return new Error(`asn1: syntax error: ${text}`);
}
