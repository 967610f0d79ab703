import type { Clock } from "../../core/index.ts";
import { isMountproofError, MountproofError, messageOf } from "../../core/index.ts";
import { type HttpExchange, type RunningHttpServer, startHttpServer } from "../../net/index.ts";
import type { RunningEmbeddedCluster } from "./spec.ts";

export type PodName = { readonly namespace: string; readonly name: string; readonly container?: string };

/** What a cluster in another process can be asked beyond the Kubernetes API: one entry a method, plain data both ways. */
export type ControlCalls = {
  readFiles(of: { pod: PodName; path: string }): Promise<readonly { path: string; mode: number; content: string }[]>;
  environment(of: { pod: PodName }): Promise<Readonly<Record<string, string>>>;
  logs(of: { pod: PodName; previous: boolean }): Promise<string>;
  exitContainer(of: { pod: PodName; exitCode: number }): Promise<void>;
  stopKubelet(of: { node?: string }): Promise<void>;
  startKubelet(of: { node?: string }): Promise<void>;
  configForUser(of: { name: string; groups?: readonly string[] }): Promise<unknown>;
};

function callsOf(cluster: RunningEmbeddedCluster): ControlCalls {
  return {
    readFiles: async ({ pod, path }) =>
      (await cluster.readFiles(pod, path)).map((file) => ({ ...file, content: file.content.toString("base64") })),
    environment: async ({ pod }) => Object.fromEntries(await cluster.environment(pod)),
    logs: async ({ pod, previous }) => await cluster.logs(pod, { previous }),
    exitContainer: async ({ pod, exitCode }) => await cluster.exitContainer(pod, exitCode),
    stopKubelet: async ({ node }) => await cluster.stopKubelet(node),
    startKubelet: async ({ node }) => await cluster.startKubelet(node),
    configForUser: async (user) => await cluster.configForUser(user),
  };
}

/**
 * Serves what only a simulated cluster can do, as `POST /NAME` with JSON, on a socket in the run's own folder: whoever
 * may open it may read every pod's files.
 */
export async function serveClusterControl(
  cluster: RunningEmbeddedCluster,
  socketPath: string,
  clock: Clock,
): Promise<RunningHttpServer> {
  const calls = callsOf(cluster) as Readonly<Record<string, (of: unknown) => Promise<unknown>>>;
  return await startHttpServer({
    clock,
    name: "cluster control",
    listen: { path: socketPath },
    handler: async (exchange) => {
      const name = exchange.path.slice(1);
      const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
      try {
        if (exchange.method !== "POST" || call === undefined)
          throw new MountproofError("unsupported", { message: `the cluster has no control "${name}"` });
        exchange.json(200, { value: await call(JSON.parse((await exchange.body()).toString())) });
      } catch (error) {
        refuse(exchange, error);
      }
    },
  });
}

function refuse(exchange: HttpExchange, error: unknown): void {
  const { code, hint, culprit } = isMountproofError(error)
    ? error
    : { code: "internal", hint: undefined, culprit: undefined };
  exchange.json(400, { code, message: messageOf(error), hint, culprit });
}
