import { decodeBase64, decodeHex } from "../../../core/go/index.ts";
import { readPfx } from "../../../net/index.ts";
import { type ProviderBehaviour, ProviderCrash } from "../../kit/index.ts";
import type { KeyVaultObject } from "../objects.ts";
import type { VaultItem } from "../vault/key-vault.ts";
import { orderedChain } from "./chain.ts";
import { pemBlock, splitCertAndKey } from "./pem.ts";
import { publicKeyPem } from "./public-key.ts";

/** One file that an object becomes; `suffix` stands behind its name. */
export type ObjectFile = { readonly suffix: string; readonly contents: Buffer };
export type ObjectContent = { readonly files: readonly ObjectFile[]; readonly version: string };

export type ContentOptions = {
  readonly behaviour: ProviderBehaviour;
  readonly constructPemChain: boolean;
  readonly writeCertAndKeyInSeparateFiles: boolean;
};

/** An error that the real provider does not put the object's name before. */
export class BareError extends Error {
  override readonly name = "BareError";
}

/**
 * The files of what a vault answered.
 * @throws BareError for answers without what is needed, and values that do not decode; Error for content that cannot
 * be converted; ProviderCrash where the real provider dies
 */
export function contentOf(object: KeyVaultObject, item: VaultItem, options: ContentOptions): ObjectContent {
  switch (object.objectType) {
    case "secret":
      return secretContent(object, item, options);
    case "key": {
      const { key } = item;
      if (key === undefined || key === null) throw new BareError("key value is nil");
      if (key.kid === undefined) throw new BareError("key id is nil");
      return { files: [plain(publicKeyPem(key))], version: versionOf(key.kid) };
    }
    default: {
      const { cer, id } = item;
      if (cer === undefined) throw new BareError("certificate value is nil");
      if (id === undefined) throw new BareError("certificate id is nil");
      return { files: [plain(pemBlock("CERTIFICATE", Buffer.from(cer, "base64")))], version: versionOf(id) };
    }
  }
}

const plain = (text: string): ObjectFile => ({ suffix: "", contents: Buffer.from(text) });

/** `https://kv.vault.azure.net/secrets/name/VERSION` */
function versionOf(id: string): string {
  return URL.canParse(id) ? (new URL(id).pathname.split("/")[3] ?? "") : (id.split("/").at(-1) ?? "");
}

function secretContent(object: KeyVaultObject, item: VaultItem, options: ContentOptions): ObjectContent {
  const { value, id, kid } = item;
  if (value === undefined || value === null) throw new BareError("secret value is nil");
  if (id === undefined || id === null) throw new BareError("secret id is nil");
  const text = kid === undefined || kid === null ? value : certificateText(object, value, item.contentType, options);
  const files: { readonly suffix: string; readonly text: string }[] = [];
  if (kid !== undefined && kid !== null && options.writeCertAndKeyInSeparateFiles) {
    const { cert, key } = splitCertAndKey(text);
    files.push({ suffix: ".crt", text: cert }, { suffix: ".key", text: key });
  }
  files.push({ suffix: "", text });
  return {
    files: files.map(({ suffix, text: written }) => ({ suffix, contents: decoded(written, object.objectEncoding) })),
    version: versionOf(id),
  };
}

/** What stands behind a certificate: its key and its chain. */
function certificateText(
  { objectFormat }: KeyVaultObject,
  value: string,
  contentType: string | undefined,
  { behaviour, constructPemChain }: ContentOptions,
): string {
  if (contentType === undefined) {
    const what = "a certificate's secret without a content type";
    throw new ProviderCrash(`invalid memory address or nil pointer dereference: ${what}`);
  }
  if (contentType === "application/x-pem-file") return value;
  if (contentType !== "application/x-pkcs12")
    throw new Error(`failed to get certificate. unknown content type '${contentType}'`);
  if (objectFormat.toLowerCase() === "pfx") return value;
  const { keys, certificates } = readPfx(decodeBase64(value), behaviour === "upstream" ? "classic" : "any");
  const chain = constructPemChain ? orderedChain(certificates) : certificates;
  return [
    ...keys.map((key) => pemBlock("PRIVATE KEY", key)),
    ...chain.map((certificate) => pemBlock("CERTIFICATE", certificate)),
  ].join("");
}

function decoded(text: string, encoding: string): Buffer {
  try {
    switch (encoding.toLowerCase()) {
      case "hex":
        return decodeHex(text);
      case "base64":
        return decodeBase64(text);
      default:
        return Buffer.from(text);
    }
  } catch (error) {
    throw new BareError((error as Error).message);
  }
}
