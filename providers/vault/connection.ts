import { lstat, readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { parseBool } from "../../core/go/index.ts";
import { systemRandom } from "../../core/index.ts";
import { createHttpClient, type HttpClient } from "../../net/index.ts";
import type { ConnectionParameters } from "./parameters.ts";
import { DEFAULTS, type VaultProviderSpec } from "./spec.ts";
import { VaultHttp } from "./vault-http.ts";

export type Connection = AsyncDisposable & {
  readonly vault: VaultHttp;
  /** Before `/v1`, for an address with a path. */
  readonly prefix: string;
  readonly namespace: string;
  readonly authMount: string;
  readonly audience: string;
  /** A token given by VAULT_TOKEN: no login until it is refused. */
  readonly token: string;
};

/**
 * A connection to Vault out of environment, flags and parameters, the later ones winning; an Agent's address wins
 * over all.
 * @throws Error with the real provider's words for files that cannot be read and an address that is none
 */
export async function openConnection(spec: VaultProviderSpec, parameters: ConnectionParameters): Promise<Connection> {
  const env = (name: string): string => spec.environment?.[`VAULT_${name}`] ?? "";
  const maxRetries = retriesOf(env("MAX_RETRIES"));
  checkHeaders(env("HEADERS"));
  const address = env("AGENT_ADDR") || parameters.vaultAddress || spec.vaultAddress || env("ADDR") || DEFAULTS.address;
  const { base, prefix, socketPath } = addressOf(address);
  const tls = spec.tls ?? {};
  const caFile = parameters.caCertPath || (parameters.caDirectory === "" ? tls.caCertPath || env("CACERT") : "");
  const caFolder = parameters.caDirectory || tls.caDirectory || env("CAPATH");
  const caPem = caFile ? await readCaFile(caFile) : caFolder ? await readCaFolder(caFolder) : undefined;
  const clientCertificate = await clientCertificateOf(
    parameters.clientCertPath || tls.clientCertPath || env("CLIENT_CERT"),
    parameters.clientKeyPath || tls.clientKeyPath || env("CLIENT_KEY"),
  );
  const serverName = parameters.tlsServerName || tls.serverName || env("TLS_SERVER_NAME");
  const skips =
    parameters.skipTlsVerify || tls.skipVerify === true || (env("SKIP_VERIFY") !== "" && parseBool(env("SKIP_VERIFY")));
  const http: HttpClient = createHttpClient({
    clock: spec.clock,
    ...(caPem !== undefined && { caPem }),
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(serverName !== "" && { serverName }),
    ...(skips && { insecureSkipVerify: true }),
    ...(socketPath !== undefined
      ? { dialer: async () => connect(socketPath) }
      : spec.dialer !== undefined && { dialer: spec.dialer }),
  });
  return {
    vault: new VaultHttp({
      clock: spec.clock,
      random: spec.random ?? systemRandom(),
      http,
      base,
      ...(socketPath !== undefined && { socketPath }),
      maxRetries,
      timeoutMs: timeoutOf(env("CLIENT_TIMEOUT")),
      followsRedirects: env("DISABLE_REDIRECTS") === "" || !parseBool(env("DISABLE_REDIRECTS")),
    }),
    prefix,
    namespace: parameters.vaultNamespace || spec.vaultNamespace || env("NAMESPACE"),
    authMount: parameters.authMountPath || spec.vaultMount || DEFAULTS.mount,
    audience: parameters.audience,
    token: env("TOKEN"),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

function addressOf(address: string): { readonly base: string; readonly prefix: string; readonly socketPath?: string } {
  if (address.startsWith("unix://"))
    return { base: "http://localhost", prefix: "", socketPath: address.slice("unix://".length) };
  if (/^[^/]*:\d/.test(address) && !address.includes("://"))
    throw new Error(`parse ${JSON.stringify(address)}: first path segment in URL cannot contain colon`);
  if (/\[[^\]]*$/.test(address)) throw new Error(`parse ${JSON.stringify(address)}: missing ']' in host`);
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new Error(`parse ${JSON.stringify(address)}: invalid URI for request`);
  }
  return { base: `${url.protocol}//${url.host}`, prefix: url.pathname.replace(/\/+$/, "") };
}

function retriesOf(text: string): number {
  if (text === "") return DEFAULTS.maxRetries;
  if (!/^\d+$/.test(text)) throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Seconds, or a Go duration in h, m, s and ms. */
function timeoutOf(text: string): number {
  if (text === "") return DEFAULTS.timeoutMs;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.map(([whole]) => whole).join("") !== text)
    throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
}

function checkHeaders(text: string): void {
  if (text === "") return;
  const own = Object.keys(JSON.parse(text) as Record<string, unknown>).find((name) => /^x-vault-/i.test(name));
  if (own !== undefined)
    throw new Error(`failed to setup Headers[${own}]: Header starting by 'X-Vault-' are for internal usage only`);
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

async function readCaFile(path: string): Promise<string> {
  const text = await read(path, "Error loading CA File: ");
  if (text.match(PEM) === null) throw new Error(`Error loading CA File: Couldn't parse PEM in: ${path}`);
  return text;
}

async function readCaFolder(folder: string): Promise<string> {
  const stat = await lstat(folder).catch(() => undefined);
  if (stat === undefined) throw new Error(`lstat ${folder}: no such file or directory`);
  const names = stat.isDirectory() ? (await readdir(folder)).sort() : [""];
  const texts: string[] = [];
  for (const name of names) {
    const path = name === "" ? folder : join(folder, name);
    if ((await lstat(path)).isDirectory()) continue;
    const text = await read(path, "Error loading CA Path: ");
    if (text.match(PEM) === null) throw new Error(`Error loading CA Path: Couldn't parse PEM in: ${path}`);
    texts.push(text);
  }
  return texts.join("\n");
}

async function clientCertificateOf(certPath: string, keyPath: string) {
  if (certPath === "" && keyPath === "") return undefined;
  if (certPath === "" || keyPath === "") throw new Error("both client cert and client key must be provided");
  return { certPem: await read(certPath, ""), keyPem: await read(keyPath, "") };
}

async function read(path: string, prefix: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" ? "no such file or directory" : code === "EACCES" ? "permission denied" : "is a directory";
    throw new Error(`${prefix}open ${path}: ${why}`);
  }
}
