import { readFileSync } from "node:fs";
import type { FlagTable } from "../../core/go/flags.ts";
import { MountproofError, Scope } from "../../core/index.ts";
import { processDialer } from "../../net/index.ts";
import { COMMON_FLAGS, runProvider } from "../kit/index.ts";
import { cloudOf } from "./cloud.ts";
import { startHealthz } from "./healthz.ts";
import { AzureMetrics, startMetrics } from "./metrics.ts";
import { AzureProvider } from "./provider.ts";
import { DEFAULTS } from "./spec.ts";

/** The CA of the API server in a pod, which the token proxy shares. */
const CLUSTER_CA = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
/** What the real provider reads of its environment. */
const VARIABLES = /^(IDENTITY_|IMDS_|MSI_|AZURE_)/;
const text = (usage: string, initial = "") => ({ kind: "string", initial, usage }) as const;
const flag = (usage: string, initial = "false") => ({ kind: "boolean", initial, usage }) as const;

/** The real provider's flags by their names and defaults, then this project's own. */
export const AZURE_FLAGS = {
  ...COMMON_FLAGS,
  endpoint: text("socket to serve on, as unix://PATH", "unix:///tmp/azure.sock"),
  version: flag("print the version and leave"),
  "cloud-name": text("the cloud of classes that name none", DEFAULTS.cloudName),
  "construct-pem-chain": flag("order a PFX file's certificates from the leaf to the root", "true"),
  "write-cert-and-key-in-separate-files": flag("write NAME.crt and NAME.key beside a certificate's secret"),
  "token-proxy-url": text("where identity binding exchanges tokens", DEFAULTS.tokenProxyUrl),
  "sni-name": text("the name that the token proxy is met under"),
  "healthz-port": { kind: "integer", initial: "8989", usage: "port for probes, on all interfaces" },
  "healthz-path": text("path for probes", "/healthz"),
  "prometheus-port": { kind: "integer", initial: "8898", usage: "port for /metrics, on all interfaces" },
  "log-format-json": { kind: "boolean", initial: "false", usage: "taken for the real one's sake: logs are JSON" },
  v: { kind: "integer", initial: "0", usage: "log verbosity, as klog's: taken for the real one's sake" },
  "healthz-timeout": { kind: "duration", initial: "5s", usage: "how long a probe may take" },
} as const satisfies FlagTable;

/** `mountproof provider azure` */
export async function runAzureProvider(argv: readonly string[]): Promise<number> {
  if (argv.some((word) => /^--?version(=true)?$/.test(word))) {
    process.stdout.write('{"version":"mountproof","buildDate":""}\n');
    return 0;
  }
  const caFile = process.env["SSL_CERT_FILE"] ?? "";
  const metrics = new AzureMetrics();
  return await runProvider(
    "azure",
    argv,
    AZURE_FLAGS,
    async (flags, { clock, log }) => {
      const { behaviour } = flags;
      if (behaviour !== "hardened" && behaviour !== "upstream")
        throw new MountproofError("invalid_argument", {
          message: `no behaviour is named "${behaviour}"`,
          hint: "there are: hardened, upstream",
          culprit: { flag: "--behaviour" },
        });
      const environment = Object.fromEntries(
        Object.entries(process.env).flatMap(([name, value]) =>
          VARIABLES.test(name) && value !== undefined ? [[name, value]] : [],
        ),
      );
      await checkCloud(flags["cloud-name"], environment["AZURE_ENVIRONMENT_FILEPATH"] ?? "");
      const clusterCa = read(CLUSTER_CA);
      return new AzureProvider({
        clock,
        log,
        behaviour,
        environment,
        metrics,
        dialer: processDialer(process.env),
        ...(caFile !== "" && { caPem: readFileSync(caFile, "utf8") }),
        cloudName: flags["cloud-name"],
        constructPemChain: flags["construct-pem-chain"],
        writeCertAndKeyInSeparateFiles: flags["write-cert-and-key-in-separate-files"],
        tokenProxy: {
          url: flags["token-proxy-url"],
          sniName: flags["sni-name"],
          ...(clusterCa !== undefined && { caPem: clusterCa }),
        },
      });
    },
    {
      health: true,
      beside: (server, flags, { clock, log }) =>
        Scope.run("ports beside the socket", async (scope) => {
          const healthz = {
            port: flags["healthz-port"],
            path: flags["healthz-path"],
            timeoutMs: flags["healthz-timeout"],
          };
          scope.use(await startHealthz({ clock, log, socketPath: server.socketPath, ...healthz }));
          const { port } = scope.use(await startMetrics(metrics, flags["prometheus-port"], clock));
          log.info("metrics are served", { port });
          return scope;
        }),
    },
  );
}

async function checkCloud(name: string, file: string): Promise<void> {
  try {
    await cloudOf(name, file);
  } catch (error) {
    throw new MountproofError("invalid_argument", {
      message: `failed validating default cloud environment: ${(error as Error).message}`,
      hint: "give the name of a cloud, such as AzurePublicCloud",
      culprit: { flag: "--cloud-name" },
    });
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
