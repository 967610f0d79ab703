import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FlagTable } from "../../core/go/flags.ts";
import { type Clock, isMountproofError, type Log, MountproofError } from "../../core/index.ts";
import { type KubeConfig, loadKubeConfig } from "../../kube/index.ts";
import { type HttpServerOptions, processDialer, startHttpServer } from "../../net/index.ts";
import { COMMON_FLAGS, runProvider } from "../kit/index.ts";
import { GcpProvider } from "./provider.ts";
import { type GcpProviderSpec, VARIABLES } from "./spec.ts";

/** As klog's Fatal leaves. */
const FATAL_EXIT = 255;
const text = (usage: string, initial = "") => ({ kind: "string", initial, usage }) as const;
const number = (usage: string, initial: string) => ({ kind: "integer", initial, usage }) as const;

/** The real provider's flags by their names and defaults, then this project's own. */
export const GCP_FLAGS = {
  ...COMMON_FLAGS,
  endpoint: text("path of the socket; PROVIDER_NAME.sock in the folder TARGET_DIR when left out"),
  kubeconfig: text("file to reach the API server with; in a pod its own account"),
  metrics_addr: text("address of /live and /metrics", ":8095"),
  debug_addr: text("taken for the real one's sake; there is no profiler to serve", "localhost:6060"),
  "enable-pprof": { kind: "boolean", initial: "false", usage: "taken for the real one's sake" },
  "log-format-json": { kind: "boolean", initial: "true", usage: "taken for the real one's sake: logs are JSON" },
  write_secrets: { kind: "boolean", initial: "false", usage: "taken for the real one's sake, which ignores it" },
  sm_connection_pool_size: number("taken for the real one's sake: one connection serves all calls", "5"),
  iam_connection_pool_size: number("taken for the real one's sake: one connection serves all calls", "5"),
  v: number("log verbosity, as klog's", "0"),
} as const satisfies FlagTable;

/** `mountproof provider gcp` */
export async function runGcpProvider(argv: readonly string[]): Promise<number> {
  const given = (name: string): string | undefined => {
    const at = argv.findIndex((word) => new RegExp(`^--?${name}(=|$)`).test(word));
    const word = argv[at] ?? "";
    return at < 0 ? undefined : word.includes("=") ? word.slice(word.indexOf("=") + 1) : (argv[at + 1] ?? "");
  };
  let kubeConfig: KubeConfig | undefined;
  if (given("help") === undefined)
    try {
      kubeConfig = await loadKubeConfig(given("kubeconfig") ?? "", process.env, "gcp-provider");
    } catch (error) {
      if (!isMountproofError(error)) throw error;
      process.stderr.write(`failed to read kubeconfig: ${error.describe()}\n`);
      return FATAL_EXIT;
    }
  const name = process.env["PROVIDER_NAME"] || "gcp";
  const socket = given("endpoint") ?? join(process.env["TARGET_DIR"] || process.cwd(), `${name}.sock`);
  return await runProvider("gcp", [...argv, `--endpoint=${socket}`], GCP_FLAGS, async (flags, { clock, log }) => {
    const { behaviour } = flags;
    if (behaviour !== "hardened" && behaviour !== "upstream")
      throw new MountproofError("invalid_argument", {
        message: `no behaviour is named "${behaviour}"`,
        hint: "there are: hardened, upstream",
        culprit: { flag: "--behaviour" },
      });
    const caFile = process.env["SSL_CERT_FILE"];
    const provider = new GcpProvider({
      clock,
      log,
      behaviour,
      kubeConfig: kubeConfig as KubeConfig,
      dialer: processDialer(process.env),
      ...(caFile !== undefined && caFile !== "" && { caPem: readFileSync(caFile, "utf8") }),
      environment: environmentOf(process.env),
    });
    return await withStatusServer(provider, listenOf(flags.metrics_addr), clock, log);
  });
}

function environmentOf(environment: NodeJS.ProcessEnv): NonNullable<GcpProviderSpec["environment"]> {
  const set = VARIABLES.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(set);
}

/** `:8095` is every address of the machine; the port alone counts then. */
function listenOf(address: string): NonNullable<HttpServerOptions["listen"]> {
  const colon = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
  if (colon < 0 || !Number.isInteger(port) || port > 65_535)
    throw new MountproofError("invalid_argument", {
      message: `--metrics_addr "${address}" is no address`,
      hint: "give it as host:port or :port",
    });
  return { host: host === "" ? "0.0.0.0" : host, port };
}

/** Health and metrics beside the provider. That their port is taken is told, and no reason not to serve. */
async function withStatusServer(
  provider: GcpProvider,
  listen: NonNullable<HttpServerOptions["listen"]>,
  clock: Clock,
  log: Log,
): Promise<GcpProvider> {
  try {
    const server = await startHttpServer({
      clock,
      name: "provider/gcp status",
      listen,
      handler: ({ path, respond }) => {
        if (path === "/live") return respond(200);
        if (path === "/metrics")
          return respond(200, { "content-type": "text/plain; version=0.0.4" }, provider.metrics.text());
        respond(404, { "content-type": "text/plain; charset=utf-8" }, "404 page not found\n");
      },
    });
    log.info("health and metrics are served", { address: server.url });
    const dispose = provider[Symbol.asyncDispose].bind(provider);
    provider[Symbol.asyncDispose] = async () => {
      await server[Symbol.asyncDispose]();
      await dispose();
    };
  } catch (error) {
    if (!isMountproofError(error)) throw error;
    log.error("health and metrics are not served", { reason: error.message });
  }
  return provider;
}
