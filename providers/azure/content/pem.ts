/** A PEM block as Go's encoding/pem writes it: 64 columns, a line end at its end. */
export function pemBlock(type: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${type}-----`, ...lines, `-----END ${type}-----`, ""].join("\n");
}

/** The blocks of a text with their types; what stands between them is not looked at. */
export function pemBlocks(text: string): { readonly type: string; readonly der: Buffer }[] {
  const blocks: { readonly type: string; readonly der: Buffer }[] = [];
  for (const [, type = "", body = ""] of text.matchAll(/-----BEGIN ([^-]+)-----\r?\n([\s\S]*?)-----END \1-----/g))
    blocks.push({ type, der: Buffer.from(body.replace(/^[^\n]*:[^\n]*\n/gm, ""), "base64") });
  return blocks;
}

/** Certificates in one text, all else in the other. */
export function splitCertAndKey(text: string): { readonly cert: string; readonly key: string } {
  let [cert, key] = ["", ""];
  for (const { type, der } of pemBlocks(text)) {
    if (type === "CERTIFICATE") cert += pemBlock(type, der);
    else key += pemBlock(type, der);
  }
  return { cert, key };
}
