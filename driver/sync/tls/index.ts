import type { Rules } from "../../behaviour.ts";
import { CERTIFICATE, type PemBlock, pemBlocks, pemText } from "./pem.ts";
import { emptyKey, isKeyBlock, keyPart } from "./private-key.ts";

export const TLS_TYPE = "kubernetes.io/tls";

/**
 * The part of a certificate file that belongs under `key`: `tls.crt` the chain in its order, `tls.key` the private
 * key, from PEM text or a PKCS#12 file without password.
 * @throws Error with upstream's words
 */
export async function certificatePart(data: Uint8Array, key: string, rules: Rules): Promise<string> {
  if (key === "tls.crt") return await chainOf(data, rules);
  if (key === "tls.key") return await keyOf(data, rules);
  throw new Error(`key '${key}' is not supported. Only 'tls.key' and 'tls.crt' are supported`);
}

async function chainOf(data: Uint8Array, rules: Rules): Promise<string> {
  const text = pemBlocks(data);
  const inText = text.filter(({ label }) => label === CERTIFICATE);
  const found = inText.length > 0 ? inText : await inPfx(data, text, rules, ({ label }) => label === CERTIFICATE);
  // Not every reader of PEM knows headers, and what a PFX calls its certificates helps nobody who reads them.
  return found.map((block) => pemText(rules.has("pfx") ? block : { ...block, headers: [] })).join("");
}

async function keyOf(data: Uint8Array, rules: Rules): Promise<string> {
  const isKey = rules.has("empty-key") ? ({ label }: PemBlock) => label !== CERTIFICATE : isKeyBlock;
  const text = pemBlocks(data);
  const inText = text.filter(isKey);
  const block = (inText.length > 0 ? inText : await inPfx(data, text, rules, isKey)).at(-1);
  const part = keyPart(block?.der ?? Buffer.alloc(0));
  if (part.kind === "key") return part.pem;
  if (part.kind === "unsupported")
    throw new Error("unknown private key type found while getting key. Only rsa and ecdsa are supported");
  if (rules.has("empty-key")) return emptyKey();
  throw new Error(
    "the private key cannot be read: it is encrypted, damaged, or of another form than PKCS#1, PKCS#8 and SEC1",
  );
}

/** @param text what was read as PEM: whoever has any of it has no PFX after it */
async function inPfx(
  data: Uint8Array,
  text: readonly PemBlock[],
  rules: Rules,
  isWanted: (block: PemBlock) => boolean,
): Promise<PemBlock[]> {
  const { readPfx } = await import("./pkcs12.ts");
  const rest = text.length > 0 ? new Uint8Array() : data;
  return readPfx(rest, rules).filter(isWanted);
}
