import { join } from "node:path";
import type { PartContext, PartLauncher } from "../../../clusters/cluster.ts";
import { type FlagTable, type FlagValues, parseFlags } from "../../../core/go/flags.ts";
import type { Clock, Log } from "../../../core/index.ts";
import type { KubeConfig } from "../../../kube/index.ts";
import { type Dialer, startHttpServer } from "../../../net/index.ts";
import { type Provider, type ProviderBehaviour, startProvider } from "../../../providers/kit/index.ts";
import type { ProviderName } from "../store-names.ts";

/** How providers reach the stores that run here, and whom they trust there. */
export type World = { readonly dialer: Dialer; readonly caPem: string; readonly behaviour: ProviderBehaviour };

type Common = {
  readonly clock: Clock;
  readonly log: Log;
  readonly behaviour: ProviderBehaviour;
  readonly kubeConfig: KubeConfig;
  readonly dialer: Dialer;
  readonly caPem: string;
  readonly environment: Readonly<Record<string, string>>;
};
type Made = {
  readonly provider: Provider;
  /** Path of its socket in the container. */
  readonly socket: string;
  /** Where it says that it is well. */
  readonly health: { readonly port: number; readonly paths: readonly string[] };
};

/** The reference providers, each as the container of its DaemonSet; a store's SDK is loaded by the first that starts. */
export function providerLaunchers(world: World): Readonly<Record<string, PartLauncher>> {
  const launch = (make: (context: PartContext, common: Common) => Promise<Made>): PartLauncher => {
    return async (context) => {
      const { clock, log, journal, kubeConfig, env, path, address, place } = context;
      const { dialer, caPem, behaviour } = world;
      const environment = Object.fromEntries(env);
      const made = await make(context, { clock, log, behaviour, kubeConfig, dialer, caPem, environment });
      const { provider, health } = made;
      const status = await startHttpServer({
        clock,
        name: `provider/${provider.runtimeName} status`,
        listen: { host: address, port: health.port, ...(place !== undefined && { place }) },
        handler: (exchange) => {
          const isKnown = health.paths.includes(exchange.path);
          exchange.respond(isKnown ? 200 : 404, {}, isKnown ? "ok" : "");
        },
      });
      try {
        const served = await startProvider({
          clock,
          log,
          journal,
          endpoint: path(made.socket.replace(/^unix:(\/\/)?/, "")),
          provider,
          onCrash: (why) => {
            context.say("stderr", `panic: ${why}`);
            context.exit(2);
          },
        });
        log.info("provider is serving", { socket: made.socket, behaviour });
        return {
          [Symbol.asyncDispose]: async () => {
            await served[Symbol.asyncDispose]();
            await status[Symbol.asyncDispose]();
          },
        };
      } catch (error) {
        await status[Symbol.asyncDispose]();
        throw error;
      }
    };
  };
  return {
    "provider-vault": launch(vault),
    "provider-aws": launch(aws),
    "provider-azure": launch(azure),
    "provider-gcp": launch(gcp),
  } satisfies Record<`provider-${ProviderName}`, PartLauncher>;
}

function flagsOf<T extends FlagTable>({ args }: PartContext, table: T): FlagValues<T> {
  return parseFlags(args, table);
}

async function vault(context: PartContext, common: Common): Promise<Made> {
  const { VaultProvider } = await import("../../../providers/vault/index.ts");
  const { VAULT_FLAGS } = await import("../../../providers/vault/main.ts");
  const flags = flagsOf(context, VAULT_FLAGS);
  const provider = new VaultProvider({
    ...common,
    namespace: flags.namespace || context.pod.namespace,
    vaultAddress: flags["vault-addr"],
    vaultMount: flags["vault-mount"],
    vaultNamespace: flags["vault-namespace"],
    hmacSecretName: flags["hmac-secret-name"],
    cacheSize: flags["cache-size"],
  });
  return { provider, socket: flags.endpoint, health: { port: 8080, paths: ["/health/ready"] } };
}

async function aws(context: PartContext, common: Common): Promise<Made> {
  const { AwsProvider } = await import("../../../providers/aws/index.ts");
  const { AWS_FLAGS } = await import("../../../providers/aws/main.ts");
  const flags = flagsOf(context, AWS_FLAGS);
  const provider = new AwsProvider({ ...common, qps: flags.qps, burst: flags.burst });
  const socket = flags.endpoint || join(flags["provider-volume"], "aws.sock");
  return { provider, socket, health: { port: 8080, paths: ["/healthz"] } };
}

async function azure(context: PartContext, common: Common): Promise<Made> {
  const { AzureProvider } = await import("../../../providers/azure/index.ts");
  const { AZURE_FLAGS } = await import("../../../providers/azure/main.ts");
  const flags = flagsOf(context, AZURE_FLAGS);
  const provider = new AzureProvider({
    ...common,
    cloudName: flags["cloud-name"],
    writeCertAndKeyInSeparateFiles: flags["write-cert-and-key-in-separate-files"],
  });
  return { provider, socket: flags.endpoint, health: { port: 8989, paths: ["/healthz"] } };
}

async function gcp(context: PartContext, common: Common): Promise<Made> {
  const { GcpProvider } = await import("../../../providers/gcp/index.ts");
  // At its address another cloud's metadata may answer: by its name it is Google's.
  const environment = { GCE_METADATA_HOST: "metadata.google.internal", ...common.environment };
  const provider = new GcpProvider({ ...common, environment });
  const socket = join(context.env.get("TARGET_DIR") ?? "/etc/kubernetes/secrets-store-csi-providers", "gcp.sock");
  return { provider, socket, health: { port: 8095, paths: ["/live"] } };
}
