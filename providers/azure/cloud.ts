import { readFile } from "node:fs/promises";
import { goJsonError } from "../../core/go/index.ts";

/** Where the parts of one Azure cloud are. */
export type CloudEnvironment = {
  /** With a slash at its end. */
  readonly activeDirectoryEndpoint: string;
  /** The resource that tokens for Key Vault are for. */
  readonly keyVaultEndpoint: string;
  /** What vault names are put before; may hold a port. */
  readonly keyVaultDnsSuffix: string;
};

const cloud = (activeDirectory: string, keyVault: string): CloudEnvironment => ({
  activeDirectoryEndpoint: `https://${activeDirectory}/`,
  keyVaultEndpoint: `https://${keyVault}/`,
  keyVaultDnsSuffix: keyVault,
});

const PUBLIC = cloud("login.microsoftonline.com", "vault.azure.net");
const US_GOVERNMENT = cloud("login.microsoftonline.us", "vault.usgovcloudapi.net");

const CLOUDS: Readonly<Record<string, CloudEnvironment>> = {
  AZURECLOUD: PUBLIC,
  AZUREPUBLICCLOUD: PUBLIC,
  AZUREUSGOVERNMENT: US_GOVERNMENT,
  AZUREUSGOVERNMENTCLOUD: US_GOVERNMENT,
  AZURECHINACLOUD: cloud("login.chinacloudapi.cn", "vault.azure.cn"),
  AZUREGERMANCLOUD: cloud("login.microsoftonline.de", "vault.microsoftazure.de"),
};

/** The one cloud that is described by a file. */
const CUSTOM = "AZURESTACKCLOUD";

/**
 * The cloud of a name, in any case.
 * @param file describes `AzureStackCloud`
 * @param authorityHost `AZURE_AUTHORITY_HOST`: counts only where the file names no Entra ID
 * @throws Error with go-autorest's words
 */
export async function cloudOf(name: string, file: string, authorityHost = ""): Promise<CloudEnvironment> {
  const key = name.toUpperCase();
  if (key === CUSTOM) return await fromFile(file, authorityHost);
  const known = Object.hasOwn(CLOUDS, key) ? CLOUDS[key] : undefined;
  if (known === undefined)
    throw new Error(`autorest/azure: There is no cloud environment matching the name ${JSON.stringify(key)}`);
  return known;
}

async function fromFile(path: string, authorityHost: string): Promise<CloudEnvironment> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "EACCES" ? "permission denied" : code === "EISDIR" ? "is a directory" : "no such file or directory";
    throw new Error(`${code === "EISDIR" ? "read" : "open"} ${path}: ${why}`);
  }
  const problem = goJsonError(text);
  if (problem !== undefined) throw new Error(problem);
  const value: unknown = JSON.parse(text);
  const field = (name: string): string => {
    const found = (value as Record<string, unknown> | null)?.[name];
    return typeof found === "string" ? found : "";
  };
  const slashed = (text: string): string => (text === "" || text.endsWith("/") ? text : `${text}/`);
  return {
    activeDirectoryEndpoint: slashed(field("activeDirectoryEndpoint") || authorityHost),
    keyVaultEndpoint: field("keyVaultEndpoint"),
    keyVaultDnsSuffix: field("keyVaultDNSSuffix"),
  };
}

/**
 * The address of a vault, without a slash at its end.
 * @throws Error with the real provider's words for a name that is none
 */
export function vaultUrl(name: string, { keyVaultDnsSuffix }: CloudEnvironment): string {
  const shown = JSON.stringify(name);
  const { length } = Buffer.from(name);
  if (length < 3 || length > 24) throw new Error(`Invalid vault name: ${shown}, must be between 3 and 24 chars`);
  if (!/^[-A-Za-z0-9]+$/.test(name)) throw new Error(`Invalid vault name: ${shown}, must match [-a-zA-Z0-9]{3,24}`);
  return `https://${name}.${keyVaultDnsSuffix}`;
}
