import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { EmbeddedCluster, type KubeletTiming, type RunningEmbeddedCluster } from "../../../clusters/embedded/index.ts";
import { parseDuration } from "../../../core/go/duration.ts";
import { type Clock, type Log, minutes, seconds } from "../../../core/index.ts";
import { DRIVER_SERVICE_ACCOUNT, driverManifests } from "../../../driver/index.ts";
import { Events, type KubeConfig, type KubeObject, serviceResolver } from "../../../kube/index.ts";
import {
  createDialer,
  type Dialer,
  type IssuedCertificate,
  loopbackResolver,
  type Resolver,
  type Route,
  type RunningEgressProxy,
  startEgressProxy,
} from "../../../net/index.ts";
import { type Provider, type ProviderBehaviour, startProvider } from "../../../providers/kit/index.ts";
import { layoutOf } from "../../../suite/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { runAuthority, runServers, runSigningKey } from "../api.ts";
import { processes } from "../processes.ts";
import { startStoreProvider, storeProgram } from "../store-provider/index.ts";
import { startClusterProcess, startProviderProcess } from "./as-processes.ts";
import { driverOnNode } from "./driver-part.ts";
import { Observed } from "./observed.ts";
import { CLOUDS, inOwnStore } from "./own-store.ts";
import { clusterUnderTest, installRemoteDriver, installRemoteProvider } from "./remote.ts";
import { forRemote } from "./remote-objects.ts";
import { mountedInRemote, namespaceOfCase, openShare } from "./share.ts";

type DriverValues = {
  readonly syncSecret?: { readonly enabled?: boolean };
  readonly enableSecretRotation?: boolean;
  readonly rotationPollInterval?: string;
  readonly tokenRequests?: readonly { readonly audience: string }[];
};

/** A provider to install, as its chart would. */
export type ProviderPart = {
  /** The name of its socket, and what SecretProviderClasses call it. */
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** What must be in the cluster before it runs: its namespace, account and rights. */
  readonly manifests: readonly KubeObject[];
  /** How it comes into a cluster that is not this run's own. */
  readonly daemonSet?: KubeObject;
  readonly provider: (parts: ProviderParts) => Provider | Promise<Provider>;
  /** Its flags as a process, besides where it serves and its kubeconfig; without them it runs in this process only. */
  readonly flags?: readonly string[];
};

/** What a node gives a provider. `kubeConfig` is its own account's. */
export type ProviderParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly kubeConfig: KubeConfig;
  readonly behaviour: ProviderBehaviour;
};

/**
 * A whole cluster with a driver, as the well-known guide sets it up, and the names its pods know: every part meets the
 * others by the names and rights it would have in a real one. Stores are facets of their own beside it.
 */
export class EstateFacet {
  readonly #world: MountproofWorld;
  #cluster: Promise<RunningEmbeddedCluster> | undefined;
  readonly #routes = new Map<string, Route>();
  #proxy: Promise<RunningEgressProxy> | undefined;
  readonly #observed: Observed;
  /** By their UIDs: volumes of pods that are gone are looked for, too. */
  readonly #seenPods = new Set<string>();

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.#observed = new Observed(world, () => this.cluster());
  }

  cluster(): Promise<RunningEmbeddedCluster> {
    this.#cluster ??= this.#start();
    return this.#cluster;
  }

  /** Runs the clock until `holds`, at most `ms`. */
  async until(holds: () => boolean | Promise<boolean>, ms: number = minutes(5)): Promise<boolean> {
    return await this.#observed.until(holds, ms);
  }

  /** Reads a file of `examples/`; in a cluster that is not this run's own the guide's namespace is the case's own. */
  async example(path: string): Promise<string> {
    const text = await readFile(join(layoutOf().root, "examples", path), "utf8");
    return inOwnStore(this.#world, path.split("/")[0] ?? "", this.inOwnNamespace(text));
  }

  /** What the guide's namespace is called in this case. */
  namespaceOf(name: string): string {
    return clusterUnderTest(this.#world) === undefined ? name : namespaceOfCase(this.#world, name);
  }

  /** A text in which the guide's namespace is this case's. */
  inOwnNamespace(text: string): string {
    return text.replace(/\bproduction\b/g, this.namespaceOf("production"));
  }

  /** A text in which namespace and stores are called as in this case. */
  inOwnWords(text: string): string {
    return CLOUDS.reduce((said, cloud) => inOwnStore(this.#world, cloud, said), this.inOwnNamespace(text));
  }

  /** Mounts of volumes on the nodes, below kubelet's root, as far as they are this case's. */
  async mounted(): Promise<readonly unknown[]> {
    const target = clusterUnderTest(this.#world);
    if (target !== undefined) return await mountedInRemote(this.#world, target, this.#seenPods);
    const cluster = await this.cluster();
    return await cluster.mounts.below(cluster.nodes[0]?.paths.kubeletRoot ?? "");
  }

  async applyExample(path: string, change: (object: KubeObject) => KubeObject = (object) => object): Promise<void> {
    const documents = parseAllDocuments(await this.example(path)).map((document) => document.toJS() as KubeObject);
    const target = clusterUnderTest(this.#world);
    const changed = documents.map(change);
    await (await this.cluster()).apply(target === undefined ? changed : changed.map((one) => forRemote(one, target)));
  }

  /** The driver's chart with the values of a file: its objects, and the driver on every node. */
  async installDriver(valuesPath: string): Promise<void> {
    const cluster = await this.cluster();
    const values = parse(await this.example(valuesPath)) as DriverValues;
    const target = clusterUnderTest(this.#world);
    // Who waits in real time does not wait for minutes.
    if (target !== undefined)
      return await installRemoteDriver(this.#world, target, { ...values, rotationPollInterval: "2s" });
    await cluster.apply(driverManifests(values));
    await cluster.launch({
      name: "driver",
      namespace: "kube-system",
      serviceAccount: DRIVER_SERVICE_ACCOUNT,
      launch: driverOnNode(this.#world, cluster, {
        rotates: values.enableSecretRotation === true,
        rotationIntervalMs: parseDuration(values.rotationPollInterval ?? "2m"),
      }),
    });
    if (!this.#hasProcesses) await this.#world.elapse(seconds(2));
  }

  /** A provider on every node, at the socket the driver looks for, with its own account's rights. */
  async installProvider(part: ProviderPart): Promise<void> {
    const cluster = await this.cluster();
    const target = clusterUnderTest(this.#world);
    if (target !== undefined) {
      if (part.daemonSet === undefined)
        this.#world.skip(`the provider "${part.name}" is not installed over a kubeconfig`);
      return await installRemoteProvider(this.#world, target, part.name, [...part.manifests, part.daemonSet]);
    }
    await cluster.apply(part.manifests);
    await cluster.launch({
      name: `provider/${part.name}`,
      namespace: part.namespace,
      serviceAccount: part.serviceAccount,
      launch: async ({ clock, log, journal, node, kubeConfig }) => {
        const endpoint = join(node.paths.providersDir, `${part.name}.sock`);
        if (this.#hasProcesses) return await this.#providerProcess(part, endpoint, kubeConfig);
        const { subject } = this.#world.pass;
        if (subject.kind === "store-provider" && subject.start !== undefined)
          return await subject.start({ clock, socketPath: endpoint });
        const program = storeProgram(subject);
        if (program?.store === part.name)
          return await startStoreProvider(this.#world, program, {
            socket: endpoint,
            account: { namespace: part.namespace, config: kubeConfig },
            env: await this.egressEnvironment(`provider/${part.name}`),
            trustedCaPem: await this.trustedCaPem(),
            flags: part.flags ?? [],
          });
        const provider = await part.provider({ clock, log, kubeConfig, behaviour: this.providerBehaviour });
        return await startProvider({ clock, log, journal, endpoint, provider });
      },
    });
  }

  /** `upstream` in each of the driver's upstream behaviours. */
  get providerBehaviour(): ProviderBehaviour {
    return this.#world.pass.behaviour === "hardened" ? "hardened" : "upstream";
  }

  /**
   * Leads a name of the outside world to a server of this scenario: `sts.us-east-1.amazonaws.com`, or with a leading
   * star for every name that ends so, `*.vault.azure.net`. Also an address of an Endpoints object, as `10.0.0.1:8200`.
   */
  route(host: string, to: Route): void {
    this.#routes.set(host, to);
  }

  /** A certificate for names of the outside world, by the authority that {@link EstateFacet.trustedCaPem} names. */
  async certificateFor(dnsNames: readonly [string, ...string[]]): Promise<IssuedCertificate> {
    const authority = await runAuthority(this.#world);
    return await this.#world.run.once(`certificate ${dnsNames.join(" ")}`, () =>
      authority.issue({ commonName: dnsNames[0], dnsNames }),
    );
  }

  /** Whom providers trust on the pod network: the run's own authority. */
  async trustedCaPem(): Promise<string> {
    return (await runAuthority(this.#world)).certPem;
  }

  /** Names as a pod resolves them: Services by the API server, the API server itself, loopback. */
  async dialer(): Promise<Dialer> {
    return createDialer({ resolvers: await this.#resolvers() });
  }

  /** By which a part in a process of its own finds those names: the environment that leads to the egress proxy. */
  async egressEnvironment(caller: string): Promise<Readonly<Record<string, string>>> {
    const { clock, journal, scope } = this.#world;
    this.#proxy ??= this.#resolvers().then(async (resolvers) =>
      scope.use(await startEgressProxy({ clock, journal, resolvers })),
    );
    return (await this.#proxy).environment(caller);
  }

  async #resolvers(): Promise<readonly Resolver[]> {
    const cluster = await this.cluster();
    const { hostname, port } = new URL(cluster.adminConfig.server);
    const apiServer: Route = { host: hostname, port: Number(port) };
    const services = serviceResolver(cluster.admin, (ip, at) => this.#routes.get(`${ip}:${at}`));
    return [
      async (host) => (/^kubernetes\.default(\.svc)?$/.test(host) ? apiServer : undefined),
      loopbackResolver,
      async (host) => this.#outside(host),
      services,
    ];
  }

  async pods(namespace: string, app: string): Promise<KubeObject[]> {
    const found = await this.#observed.pods(this.namespaceOf(namespace), app);
    for (const { metadata } of found) this.#seenPods.add(metadata.uid ?? "");
    return found;
  }

  /** Messages of Warning events about a pod. */
  async warnings(pod: KubeObject): Promise<string[]> {
    return (await this.#observed.warnings(pod)).map((event) => `${event["reason"]}: ${event["message"]}`);
  }

  get #hasProcesses(): boolean {
    return this.#world.use(processes).isOn;
  }

  async #providerProcess(part: ProviderPart, socket: string, kubeConfig: KubeConfig): Promise<AsyncDisposable> {
    if (part.flags === undefined) this.#world.skip(`the provider "${part.name}" cannot be run as a process here`);
    return await startProviderProcess(this.#world, part.name, socket, {
      kubeConfig,
      behaviour: this.providerBehaviour,
      flags: part.flags,
      env: await this.egressEnvironment(`provider/${part.name}`),
    });
  }

  #outside(host: string): Route | undefined {
    const exact = this.#routes.get(host);
    if (exact !== undefined) return exact;
    for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
      const route = this.#routes.get(`*${host.slice(dot)}`);
      if (route !== undefined) return route;
    }
    return undefined;
  }

  async #start(): Promise<RunningEmbeddedCluster> {
    const world = this.#world;
    const target = clusterUnderTest(world);
    if (target !== undefined) return await openShare(world, target);
    const cluster = this.#hasProcesses ? await startClusterProcess(world) : await this.#startInProcess();
    world.scope.use(cluster);
    world.exposes("events", async () => JSON.stringify((await cluster.admin.list(Events)).items));
    return cluster;
  }

  async #startInProcess(): Promise<RunningEmbeddedCluster> {
    const world = this.#world;
    const [authority, key, folder] = await Promise.all([runAuthority(world), runSigningKey(world), world.folder()]);
    const { apiserver: assets } = world.run;
    const spec = {
      clock: world.clock,
      log: world.logger,
      journal: world.journal,
      random: world.pass.random,
      folder,
      authority,
      signingKey: async () => key,
      ...(world.clock.kind === "real" && { timing: REAL_TIMING }),
    };
    if (assets === undefined) return await new EmbeddedCluster(spec).start();
    const { ApiServerCluster } = await import("../../../clusters/apiserver/index.ts");
    return await new ApiServerCluster({ ...spec, servers: await runServers(world, assets) }).start();
  }
}

/** Who waits in real time does not wait for kubelet's minutes: pods are looked after, and republished, every second or two. */
export const REAL_TIMING: Partial<KubeletTiming> = {
  sync: seconds(1),
  syncAfterError: seconds(1),
  backoffLongest: seconds(4),
};

export const estate: Facet<EstateFacet> = (world) => new EstateFacet(world);
