import { rmSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Digester, Scope, silentLog, systemRandom } from "../../core/index.ts";
import type { KubeClient } from "../../kube/client.ts";
import { createKubeClient } from "../../kube/create-client.ts";
import { createDialer, createHttpTransport, Journal } from "../../net/index.ts";
import { type ApiServerSpec, EmbeddedApiServer, KUBERNETES_SERVICE_IP } from "./apiserver/index.ts";
import { EmbeddedClusterHandle } from "./cluster-handle.ts";
import { ImageTable } from "./images/image-table.ts";
import { openMounts, plainMounts } from "./kubelet/mounts.ts";
import type { ClusterApi, ClusterApiContext, EmbeddedClusterSpec, NodeSpec, RunningEmbeddedCluster } from "./spec.ts";

/**
 * A Kubernetes cluster in this process: API server, controllers, scheduler and one simulated kubelet a node.
 *
 * @example
 * await using cluster = await new EmbeddedCluster({ clock, nodes: 1 }).start();
 * await cluster.apply(driverManifests());
 * await cluster.launch({ name: "driver", namespace: "kube-system", serviceAccount: "secrets-store-csi-driver", launch });
 */
export class EmbeddedCluster {
  readonly #spec: EmbeddedClusterSpec;

  constructor(spec: EmbeddedClusterSpec) {
    this.#spec = spec;
  }

  /** Resolves when its nodes are Ready and its parts run. A failed start leaves nothing behind. */
  async start(): Promise<RunningEmbeddedCluster> {
    return await Scope.run("embedded cluster", (scope) => run(this.#spec, scope));
  }
}

async function run(spec: EmbeddedClusterSpec, scope: Scope): Promise<RunningEmbeddedCluster> {
  const { clock, log = silentLog, random = systemRandom(), kubeVersion = "1.35" } = spec;
  const digester = new Digester();
  const journal = spec.journal ?? new Journal(clock);
  const folder = await makeFolder(spec.folder, scope);
  const localSocket = join(folder, "apiserver.sock");
  // Nodes have addresses that lead nowhere outside: kubelets listen on sockets in their nodes' folders.
  const kubeletSockets = new Map<string, string>();
  const kubelets = createDialer({
    resolvers: [
      async (host) => {
        const path = kubeletSockets.get(host);
        return path === undefined ? undefined : { path };
      },
    ],
  });
  const { api, connect } =
    spec.api === undefined
      ? await startEmbedded({ ...spec, log, random, journal, kubeVersion, localSocket, kubelets }, scope)
      : await startGiven(spec.api, { ...spec, log, folder }, scope);
  const admin = scope.use(createKubeClient({ ...api.adminConfig, userAgent: "mountproof-admin" }, { clock }));
  await spec.onServing?.(admin);
  const mounts = spec.mounts === "plain" ? plainMounts() : await openMounts();
  scope.defer("mounts", async () => {
    if (mounts.isReal) for (const point of await mounts.below(folder)) mounts.unmount(point, { detach: true });
  });
  const nodes = nodeSpecs(spec.nodes ?? 1).map((node, index) => ({ ...node, index }));
  const controllers = spec.controllers === false ? undefined : startManager(connect, spec, scope);
  const wired = await network(spec, api, admin, folder, scope);
  const images = spec.images === undefined ? undefined : new ImageTable(spec.images);
  const { EmbeddedNode } = await import("./node.ts");
  const started = await inBatches(nodes, async (node) => {
    const user = { name: `system:node:${node.name}`, groups: ["system:nodes", "system:authenticated"] };
    const makeClient = await connect("kubelet", user);
    const embedded = new EmbeddedNode({
      ...node,
      folder,
      clock,
      log,
      random,
      journal,
      digester,
      mounts,
      kubeVersion,
      connect: makeClient,
      ...(spec.timing !== undefined && { timing: spec.timing }),
      ...(spec.program !== undefined && { program: spec.program }),
      ...(images !== undefined && { images }),
      ...(spec.podAddresses !== undefined && { podAddresses: spec.podAddresses }),
      ...(wired?.network !== undefined && { network: wired.attachTo(node) }),
      ...(wired?.refused !== undefined && { networkNote: sharedNetwork(wired.refused) }),
      parts: (name) => spec.partsOfImages?.[name],
      configFor: (namespace, account) => cluster.configFor(namespace, account),
      ...(spec.containers !== undefined && { containers: spec.containers }),
      ...(spec.missingImage !== undefined && { missingImage: spec.missingImage }),
      ...(spec.processGroups !== undefined && { processGroups: spec.processGroups }),
      ...(spec.expose !== undefined && { expose: spec.expose }),
      serviceEnv:
        wired?.network === undefined ? serviceEnvOf("127.0.0.1", api.port) : serviceEnvOf(KUBERNETES_SERVICE_IP, 443),
    });
    scope.use(embedded);
    kubeletSockets.set(embedded.address, embedded.kubeletSocket);
    await embedded.makeFolders();
    await embedded.startKubelet();
    return embedded;
  });
  await controllers;
  const cluster = new EmbeddedClusterHandle({
    kind: spec.api === undefined ? "embedded" : "apiserver",
    clock,
    log,
    journal,
    api,
    admin,
    nodes: started,
    mounts,
    random,
    scope,
    network: wired?.network,
    networkRefused: wired?.refused,
  });
  await cluster.apply(spec.manifests ?? []);
  for (const part of spec.parts ?? []) await cluster.launch(part);
  return cluster;
}

/** Undefined where pods have no network of their own, or none that could be opened. */
async function network(
  spec: EmbeddedClusterSpec,
  ...at: readonly [ClusterApi, KubeClient, string, Scope]
): Promise<Awaited<ReturnType<typeof import("./network/index.ts").startNetwork>> | undefined> {
  if (spec.podAddresses !== "network") return undefined;
  return await (await import("./network/index.ts")).startNetwork(spec, ...at);
}

/** Side by side, yet not a thousand at once: each opens connections and files. */
async function inBatches<T, R>(items: readonly T[], start: (item: T) => Promise<R>): Promise<R[]> {
  const started: R[] = [];
  for (let from = 0; from < items.length; from += STARTED_AT_ONCE)
    started.push(...(await Promise.all(items.slice(from, from + STARTED_AT_ONCE).map(start))));
  return started;
}

const STARTED_AT_ONCE = 64;

/** How programs in containers find the API server (client-go's in-cluster config). */
function serviceEnvOf(host: string, port: number): ReadonlyMap<string, string> {
  return new Map([
    ["KUBERNETES_SERVICE_HOST", host],
    ["KUBERNETES_SERVICE_PORT", String(port)],
    ["KUBERNETES_SERVICE_PORT_HTTPS", String(port)],
    ["KUBERNETES_PORT", `tcp://${host}:${port}`],
  ]);
}

/** What a pod's events say of it. */
function sharedNetwork(why: string): string {
  return `${why}: pods share this machine's network, each at a loopback address of its own; two programs that listen on all addresses cannot have the same port`;
}

/** Makes clients of one of the cluster's own components, as who it is. */
type Connect = (
  component: string,
  user: { readonly name: string; readonly groups: readonly string[] },
) => Promise<() => KubeClient>;

type Started = { readonly api: ClusterApi; readonly connect: Connect };

/** The cluster's own components reach it over its local socket. */
async function startEmbedded(spec: ApiServerSpec & { readonly localSocket: string }, scope: Scope): Promise<Started> {
  const { clock, localSocket: path, random = systemRandom() } = spec;
  const api = scope.use(await new EmbeddedApiServer(spec).start());
  // One and the same for all of them, each with a token of its own: a thousand kubelets would open thousands.
  const transport = scope.use(createHttpTransport({ dialer: createDialer({ resolvers: [async () => ({ path })] }) }));
  const connect: Connect = async (component, user) => {
    const config = { ...api.tokenConfig(random.uuid(), user), server: "http://apiserver", userAgent: component };
    return () => createKubeClient(config, { clock, transport });
  };
  return { api, connect };
}

/** Over HTTPS as everybody else, with certificates that say who they are. */
async function startGiven(
  start: NonNullable<EmbeddedClusterSpec["api"]>,
  context: ClusterApiContext,
  scope: Scope,
): Promise<Started> {
  const api = scope.use(await start(context));
  const connect: Connect = async (component, { name, groups }) => {
    const config = { ...(await api.configFor({ name, groups })), userAgent: component };
    return () => createKubeClient(config, { clock: context.clock });
  };
  return { api, connect };
}

/** Controllers and scheduler are one client, as their rights here are one. They are loaded once the API server answers. */
async function startManager(connect: Connect, spec: EmbeddedClusterSpec, scope: Scope): Promise<void> {
  const { startControllers } = await import("./controllers/index.ts");
  const { clock, log = silentLog, random = systemRandom() } = spec;
  const makeClient = await connect("kube-controller-manager", {
    name: "system:kube-controller-manager",
    groups: ["system:masters"],
  });
  const client = scope.use(makeClient());
  scope.use(await startControllers({ client, clock, log, random, scheduler: nodeSpecs(spec.nodes ?? 1).length > 0 }));
}

function nodeSpecs(nodes: number | readonly NodeSpec[]): (NodeSpec & { readonly name: string })[] {
  const list = typeof nodes === "number" ? Array.from({ length: nodes }, (): NodeSpec => ({})) : nodes;
  return list.map((node, index) => ({ ...node, name: node.name ?? `node-${index}` }));
}

/** Short, for the paths of sockets below it may not be long; gone at the end. */
async function makeFolder(wanted: string | undefined, scope: Scope): Promise<string> {
  const folder = wanted ?? (await mkdtemp(join(tmpdir(), "mp-")));
  await mkdir(folder, { recursive: true });
  scope.defer("folder", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
