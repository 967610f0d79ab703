/** One block of a PEM text. Headers are what OpenSSL writes between the first line and the data. */
export type PemBlock = {
  readonly label: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly der: Buffer;
};

export const CERTIFICATE = "CERTIFICATE";

const BLOCK = /^-----BEGIN ([^\n]*?)-----[ \t]*\r?\n([\s\S]*?)^-----END \1-----[ \t]*\r?$/gm;
const HEADER = /^([^:\n]+):[ \t]*(.*?)[ \t]*\r?$/;
const LINE = 64;

/** Every whole block of the text, in order; what stands around them is nobody's. */
export function pemBlocks(data: Uint8Array): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, label = "", body = ""] of Buffer.from(data).toString("latin1").matchAll(BLOCK)) {
    const lines = body.split("\n");
    const headers: (readonly [string, string])[] = [];
    for (let match = HEADER.exec(lines[0] ?? ""); match !== null; match = HEADER.exec(lines[0] ?? "")) {
      headers.push([match[1] ?? "", match[2] ?? ""]);
      lines.shift();
    }
    const base64 = lines.join("").replace(/\s/g, "");
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) continue;
    blocks.push({ label, headers, der: Buffer.from(base64, "base64") });
  }
  return blocks;
}

/** As Go's encoding/pem writes it: headers in order with Proc-Type first, lines of 64 characters. */
export function pemText({ label, headers, der }: PemBlock): string {
  const first = (name: string): number => (name === "Proc-Type" ? 0 : 1);
  const sorted = [...headers].sort(([a], [b]) => first(a) - first(b) || (a < b ? -1 : 1));
  const head = sorted.map(([name, value]) => `${name}: ${value}\n`).join("");
  const body = der.toString("base64").replace(new RegExp(`.{1,${LINE}}`, "g"), "$&\n");
  return `-----BEGIN ${label}-----\n${head}${head === "" ? "" : "\n"}${body}-----END ${label}-----\n`;
}
