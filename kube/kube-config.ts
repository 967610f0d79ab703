import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MountproofError } from "../core/index.ts";
import type { KubeConfig } from "./client.ts";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

type NamedEntry = { readonly name?: string };
type ConfigFile = {
  readonly "current-context"?: string;
  readonly contexts?: readonly (NamedEntry & {
    readonly context?: { readonly cluster?: string; readonly user?: string };
  })[];
  readonly clusters?: readonly (NamedEntry & { readonly cluster?: Readonly<Record<string, string>> })[];
  readonly users?: readonly (NamedEntry & { readonly user?: Readonly<Record<string, string>> })[];
};

/**
 * How a process reaches its API server: by the file it is given, by `KUBECONFIG`, or, in a pod, by its own account.
 * @throws MountproofError `invalid_config` naming what is missing
 */
export async function loadKubeConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  userAgent: string,
): Promise<KubeConfig> {
  const path = file !== "" ? file : (environment["KUBECONFIG"] ?? "");
  return path === "" ? inCluster(environment, userAgent) : await fromFile(path, userAgent);
}

function inCluster(environment: Readonly<Record<string, string | undefined>>, userAgent: string): KubeConfig {
  const host = environment["KUBERNETES_SERVICE_HOST"];
  const port = environment["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (host === undefined || !existsSync(`${SERVICE_ACCOUNT}/token`))
    throw new MountproofError("invalid_config", {
      message: "no API server is known: this is no pod, and there is no kubeconfig",
      hint: "give --kubeconfig FILE",
    });
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    caPem: readFileSync(`${SERVICE_ACCOUNT}/ca.crt`, "utf8"),
    credentials: { kind: "tokenFile", path: `${SERVICE_ACCOUNT}/token` },
    userAgent,
  };
}

async function fromFile(path: string, userAgent: string): Promise<KubeConfig> {
  let config: ConfigFile;
  try {
    const text = readFileSync(path, "utf8");
    // JSON, as we write it ourselves, is read without the time that a YAML parser takes to load.
    config = (text.startsWith("{") ? JSON.parse(text) : (await import("yaml")).parse(text)) as ConfigFile;
  } catch (cause) {
    throw broken(path, "it cannot be read", cause);
  }
  if (config === null || typeof config !== "object") throw broken(path, "it is empty, or no map");
  const context = config.contexts?.find(({ name }) => name === config["current-context"])?.context;
  if (context === undefined) throw broken(path, `it has no context "${config["current-context"] ?? ""}"`);
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster?.["server"] === undefined)
    throw broken(path, `it has no cluster "${context.cluster ?? ""}" with a server`);
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  const fileOf = (name: string): string => resolve(dirname(path), name);
  const pemOf = (entry: Readonly<Record<string, string>>, name: string): string | undefined => {
    const data = entry[`${name}-data`];
    if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
    const file = entry[name];
    return file === undefined ? undefined : readFileSync(fileOf(file), "utf8");
  };
  return {
    server: cluster["server"].replace(/\/$/, ""),
    caPem: pemOf(cluster, "certificate-authority") ?? "",
    credentials: credentialsOf(user, pemOf(user, "client-certificate"), pemOf(user, "client-key"), fileOf),
    userAgent,
  };
}

function credentialsOf(
  user: Readonly<Record<string, string>>,
  certPem: string | undefined,
  keyPem: string | undefined,
  fileOf: (name: string) => string,
): KubeConfig["credentials"] {
  if (user["token"] !== undefined) return { kind: "token", token: user["token"] };
  if (user["tokenFile"] !== undefined) return { kind: "tokenFile", path: fileOf(user["tokenFile"]) };
  if (certPem !== undefined && keyPem !== undefined) return { kind: "certificate", certPem, keyPem };
  return { kind: "none" };
}

function broken(path: string, reason: string, cause?: unknown): MountproofError {
  return new MountproofError("invalid_config", {
    message: `the kubeconfig "${path}" is of no use: ${reason}`,
    hint: "check it with kubectl --kubeconfig … config view",
    culprit: { kubeconfig: path },
    cause,
  });
}

/** A kubeconfig for kubectl and programs, in JSON, which is YAML, too. It holds the credentials: write it for one reader. */
export function kubeconfigText({ server, caPem, credentials }: KubeConfig, user: string): string {
  const encoded = (pem: string): string => Buffer.from(pem).toString("base64");
  const shown = (): Record<string, string> => {
    switch (credentials.kind) {
      case "certificate":
        return {
          "client-certificate-data": encoded(credentials.certPem),
          "client-key-data": encoded(credentials.keyPem),
        };
      case "token":
        return { token: credentials.token };
      case "tokenFile":
        return { tokenFile: credentials.path };
      default:
        return {};
    }
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "mountproof",
    clusters: [{ name: "mountproof", cluster: { server, "certificate-authority-data": encoded(caPem) } }],
    users: [{ name: user, user: shown() }],
    contexts: [{ name: "mountproof", context: { cluster: "mountproof", user } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
