const BASE64 = /[A-Za-z0-9+/]/;

/**
 * Standard padded base64 as Go's `encoding/base64` reads it: line ends are skipped.
 * @throws Error with its words for text that is none
 */
export function decodeBase64(text: string): Buffer {
  const corrupt = (at: number): Error => new Error(`illegal base64 data at input byte ${at}`);
  let inGroup = 0;
  let at = 0;
  const next = (): string => {
    while (text[at] === "\n" || text[at] === "\r") at++;
    return text[at++] ?? "";
  };
  for (let sign = next(); sign !== ""; sign = next()) {
    if (BASE64.test(sign)) {
      inGroup = (inGroup + 1) % 4;
      continue;
    }
    if (sign !== "=" || inGroup < 2) throw corrupt(at - 1);
    if (inGroup === 2) {
      const second = next();
      if (second === "") throw corrupt(text.length);
      if (second !== "=") throw corrupt(at - 1);
    }
    if (next() !== "") throw corrupt(at - 1);
    return Buffer.from(text, "base64");
  }
  if (inGroup !== 0) throw corrupt(text.length - inGroup);
  return Buffer.from(text, "base64");
}

/** Hex as Go's `encoding/hex` reads it. @throws Error with its words */
export function decodeHex(text: string): Buffer {
  const bad = /[^0-9a-fA-F]/.exec(text)?.[0];
  if (bad !== undefined)
    throw new Error(
      `encoding/hex: invalid byte: U+${bad.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")} '${bad}'`,
    );
  if (text.length % 2 !== 0) throw new Error("encoding/hex: odd length hex string");
  return Buffer.from(text, "hex");
}
