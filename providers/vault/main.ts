import { existsSync, readFileSync } from "node:fs";
import type { FlagTable, FlagValues } from "../../core/go/flags.ts";
import { isMountproofError, MountproofError, messageOf } from "../../core/index.ts";
import { type KubeConfig, loadKubeConfig } from "../../kube/index.ts";
import { processDialer, startHttpServer } from "../../net/index.ts";
import { COMMON_FLAGS, type ProcessParts, runProvider } from "../kit/index.ts";
import { VaultProvider } from "./provider.ts";
import { DEFAULTS } from "./spec.ts";

const NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
const text = (usage: string, initial = "") => ({ kind: "string", initial, usage }) as const;

/** The real provider's flags by their names and defaults, then this project's own. */
export const VAULT_FLAGS = {
  ...COMMON_FLAGS,
  endpoint: text("path of the socket to serve on", "/tmp/vault.sock"),
  "vault-addr": text("default address of Vault"),
  "vault-mount": text("default path of the auth method", DEFAULTS.mount),
  "vault-namespace": text("default Vault namespace"),
  "vault-tls-ca-cert": text("file with the CA that Vault's certificate must be issued by"),
  "vault-tls-ca-directory": text("folder with such files"),
  "vault-tls-server-name": text("name that Vault's certificate must bear"),
  "vault-tls-client-cert": text("file with a client certificate"),
  "vault-tls-client-key": text("file with its key"),
  "vault-tls-skip-verify": { kind: "boolean", initial: "false", usage: "do not verify Vault's certificate" },
  "hmac-secret-name": text("Secret that keeps the key of versions", DEFAULTS.hmacSecretName),
  "cache-size": { kind: "integer", initial: String(DEFAULTS.cacheSize), usage: "how many pods' Vault tokens are kept" },
  "health-addr": text("where GET /health/ready answers; empty for nowhere", ":8080"),
  kubeconfig: text("file to reach the API server with; in a pod its own account"),
  namespace: text("the provider's own namespace; in a pod its own"),
} as const satisfies FlagTable;

/** `mountproof provider vault` */
export async function runVaultProvider(argv: readonly string[]): Promise<number> {
  return await runProvider(
    "vault",
    argv,
    VAULT_FLAGS,
    async (flags, { clock, log }) => {
      const behaviour = flags.behaviour;
      if (behaviour !== "hardened" && behaviour !== "upstream")
        throw new MountproofError("invalid_argument", {
          message: `no behaviour is named "${behaviour}"`,
          hint: "there are: hardened, upstream",
          culprit: { flag: "--behaviour" },
        });
      const kubeConfig = await kubeConfigOf(flags.kubeconfig);
      if (kubeConfig === undefined && behaviour === "upstream")
        throw new MountproofError("invalid_config", {
          message:
            "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined",
          hint: "the real provider ends like this; without --behaviour=upstream it serves without an API server",
        });
      if (kubeConfig === undefined)
        log.warn("no API server is known: versions stay empty, and pods must bring their tokens", {});
      const namespace =
        flags.namespace ||
        (existsSync(NAMESPACE_FILE) ? readFileSync(NAMESPACE_FILE, "utf8").trim() : DEFAULTS.namespace);
      return new VaultProvider({
        clock,
        log,
        behaviour,
        namespace,
        dialer: processDialer(process.env),
        ...(kubeConfig !== undefined && { kubeConfig }),
        vaultAddress: flags["vault-addr"],
        vaultMount: flags["vault-mount"],
        vaultNamespace: flags["vault-namespace"],
        hmacSecretName: flags["hmac-secret-name"],
        cacheSize: flags["cache-size"],
        tls: {
          caCertPath: flags["vault-tls-ca-cert"],
          caDirectory: flags["vault-tls-ca-directory"],
          serverName: flags["vault-tls-server-name"],
          clientCertPath: flags["vault-tls-client-cert"],
          clientKeyPath: flags["vault-tls-client-key"],
          skipVerify: flags["vault-tls-skip-verify"],
        },
        environment: Object.fromEntries(
          Object.entries(process.env).flatMap(([name, value]) =>
            name.startsWith("VAULT_") && value !== undefined ? [[name, value]] : [],
          ),
        ),
      });
    },
    { beside: serveHealth },
  );
}

/** That its port is taken is told, and no reason not to serve. */
async function serveHealth(
  _server: unknown,
  flags: FlagValues<typeof VAULT_FLAGS>,
  { clock, log }: ProcessParts,
): Promise<AsyncDisposable> {
  const address = flags["health-addr"];
  const nothing = { [Symbol.asyncDispose]: async () => {} };
  if (address === "") return nothing;
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
  try {
    if (port === "") throw new MountproofError("invalid_argument", { message: `"${address}" is no HOST:PORT` });
    const server = await startHttpServer({
      clock,
      name: "provider/vault health",
      listen: { host: host.replace(/^\[|\]$/g, "") || "0.0.0.0", port: Number(port) },
      handler: ({ path, respond }) =>
        path === "/health/ready"
          ? respond(200)
          : respond(404, { "content-type": "text/plain; charset=utf-8" }, "404 page not found\n"),
    });
    log.info("health is served", { address: server.url });
    return server;
  } catch (error) {
    log.error("health is not served", { error: messageOf(error) });
    return nothing;
  }
}

async function kubeConfigOf(file: string): Promise<KubeConfig | undefined> {
  try {
    return await loadKubeConfig(file, process.env, "vault-csi-provider");
  } catch (error) {
    // Without one named the provider serves all the same; a file that was named must be good.
    if (file === "" && (process.env["KUBECONFIG"] ?? "") === "" && isMountproofError(error)) return undefined;
    throw error;
  }
}
