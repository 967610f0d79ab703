import { type Clock, type Log, MountproofError, type Random, type Scope, VirtualClock } from "../../core/index.ts";
import { isKubeStatus, type KubeClient, type KubeConfig, type Resource } from "../../kube/client.ts";
import { Pods, resource, ServiceAccounts } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import type { Journal } from "../../net/index.ts";
import type { ClusterCapability, NodeHandle, SeenFile } from "../cluster.ts";
import type { RunningApiServer } from "./apiserver/index.ts";
import { type Execution, type Mounts, readLog } from "./kubelet/index.ts";
import type { Pod, TokenRequest } from "./kubelet/types.ts";
import type { EmbeddedNode } from "./node.ts";
import type { NodePart, RunningEmbeddedCluster } from "./spec.ts";

type PodName = { readonly namespace: string; readonly name: string; readonly container?: string };

/** A part's token lasts as long as any run: nobody renews it. Ten years. */
const PART_TOKEN_SECONDS = 315_360_000;
/** How often a condition is looked at on a real clock. */
const LOOK_MS = 20;

export type ClusterHandleSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly api: RunningApiServer;
  readonly admin: KubeClient;
  readonly nodes: readonly EmbeddedNode[];
  readonly mounts: Mounts;
  readonly random: Random;
  readonly scope: Scope;
};

export class EmbeddedClusterHandle implements RunningEmbeddedCluster {
  readonly kind = "embedded";
  readonly #spec: ClusterHandleSpec;

  constructor(spec: ClusterHandleSpec) {
    this.#spec = spec;
  }

  get capabilities(): ReadonlySet<ClusterCapability> {
    const found: ClusterCapability[] = ["syntheticFaults", "exec", "processes"];
    if (this.clock.kind === "virtual") found.push("virtualTime");
    if (this.mounts.isReal) found.push("realMounts");
    return new Set(found);
  }

  get missing(): ReadonlyMap<ClusterCapability, string> {
    const reasons: [ClusterCapability, string][] = [
      ["virtualTime", "the cluster runs on the real clock"],
      ["realKubelet", "the embedded cluster's kubelet is simulated"],
      ["realMounts", "mount(2) is refused here: marked directories stand for mounts"],
    ];
    return new Map(reasons.filter(([capability]) => !this.capabilities.has(capability)));
  }

  get clock(): Clock {
    return this.#spec.clock;
  }

  get journal(): Journal {
    return this.#spec.journal;
  }

  get mounts(): Mounts {
    return this.#spec.mounts;
  }

  get admin(): KubeClient {
    return this.#spec.admin;
  }

  get adminConfig(): KubeConfig {
    return this.#spec.api.adminConfig;
  }

  get issuer(): { readonly url: string; readonly caPem: string } {
    return this.#spec.api.issuer;
  }

  get nodes(): readonly NodeHandle[] {
    return this.#spec.nodes.map(({ handle }) => handle);
  }

  node(name?: string): NodeHandle {
    return this.#node(name).handle;
  }

  async configFor(namespace: string, serviceAccount: string): Promise<KubeConfig> {
    const { api, admin } = this.#spec;
    const request: TokenRequest = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name: serviceAccount, namespace },
      spec: { audiences: [], expirationSeconds: PART_TOKEN_SECONDS },
    };
    const answer = await admin.create(ServiceAccounts as Resource<TokenRequest>, request, { subresource: "token" });
    return {
      server: api.url,
      caPem: api.caPem,
      credentials: { kind: "token", token: answer.status?.token ?? "" },
    };
  }

  async configForUser(user: { readonly name: string; readonly groups?: readonly string[] }): Promise<KubeConfig> {
    return await this.#spec.api.configFor(user);
  }

  configWithToken(user: { readonly name: string; readonly groups: readonly string[] }): KubeConfig {
    return this.#spec.api.tokenConfig(this.#spec.random.uuid(), user);
  }

  async apply(objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) {
      const kind = resourceOf(object);
      try {
        await this.admin.create(kind, object);
      } catch (error) {
        if (!isKubeStatus(error, "AlreadyExists")) throw error;
        const { name = "", namespace } = object.metadata;
        const { resourceVersion } = (await this.admin.get(kind, name, namespace)).metadata;
        const metadata = { ...object.metadata, ...(resourceVersion !== undefined && { resourceVersion }) };
        await this.admin.update(kind, { ...object, metadata });
      }
    }
  }

  async launch(part: NodePart): Promise<AsyncDisposable> {
    const { clock, log, journal, scope, nodes } = this.#spec;
    const launched: AsyncDisposable[] = [];
    const end = async (): Promise<void> => {
      for (const one of launched.splice(0).reverse()) await one[Symbol.asyncDispose]();
    };
    scope.defer(part.name, end);
    const chosen = nodes.filter(({ handle }) => part.nodes?.includes(handle.name) ?? true);
    for (const { handle } of chosen) {
      const kubeConfig = await this.configFor(part.namespace, part.serviceAccount);
      launched.push(await part.launch({ clock, log, journal, node: handle, kubeConfig }));
    }
    return { [Symbol.asyncDispose]: end };
  }

  async stopKubelet(node?: string): Promise<void> {
    await this.#node(node).stopKubelet();
  }

  async startKubelet(node?: string): Promise<void> {
    await this.#node(node).startKubelet();
  }

  async restartKubelet(node?: string): Promise<void> {
    await this.stopKubelet(node);
    await this.startKubelet(node);
  }

  async readFiles(pod: PodName, path: string): Promise<SeenFile[]> {
    const { node, uid, container } = await this.#running(pod);
    const files = await node.kubelet.readFiles(uid, container, path);
    if (files !== undefined) return files;
    throw new MountproofError("not_found", {
      message: `container "${container}" of pod "${pod.namespace}/${pod.name}" has no "${path}"`,
      culprit: { pod: `${pod.namespace}/${pod.name}`, container, path },
    });
  }

  async environment(pod: PodName): Promise<ReadonlyMap<string, string>> {
    const { node, uid, container } = await this.#running(pod);
    return node.runtime.envOf(uid, container) ?? new Map();
  }

  async execute(
    pod: PodName,
    command: readonly string[],
    options: { readonly tty?: boolean } = {},
  ): Promise<Execution> {
    const { node, uid, container } = await this.#running(pod);
    return await node.runtime.execute(uid, container, command, options.tty === true);
  }

  async logs(pod: PodName, options: { readonly previous?: boolean } = {}): Promise<string> {
    const found = (await this.admin.get(Pods, pod.name, pod.namespace)) as unknown as Pod;
    const container = pod.container ?? found.spec.containers[0]?.name ?? "";
    const { runtime } = this.#node(found.spec.nodeName);
    const log = runtime.log(found.metadata.uid, container, options.previous === true);
    const lines = log === undefined ? undefined : await readLog(log.path);
    return (lines ?? []).map(({ text, isWhole }) => `${text}${isWhole ? "\n" : ""}`).join("");
  }

  async exitContainer(pod: PodName, exitCode: number): Promise<void> {
    const { node, uid, container } = await this.#running(pod);
    node.runtime.exit(uid, container, exitCode);
  }

  async until(holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
    const { clock } = this;
    if (clock instanceof VirtualClock) return await clock.advanceUntil(holds, ms);
    const end = clock.now() + ms;
    for (;;) {
      if (await holds()) return true;
      if (clock.now() >= end) return false;
      await clock.sleep(Math.min(LOOK_MS, end - clock.now()));
    }
  }

  compact(): void {
    this.#spec.api.compact();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spec.scope[Symbol.asyncDispose]();
  }

  #node(name?: string): EmbeddedNode {
    const { nodes } = this.#spec;
    const found = name === undefined ? nodes[0] : nodes.find(({ handle }) => handle.name === name);
    if (found !== undefined) return found;
    const message = name === undefined ? "the cluster has no node" : `the cluster has no node "${name}"`;
    throw new MountproofError("not_found", { message });
  }

  async #running(pod: PodName): Promise<{ node: EmbeddedNode; uid: string; container: string }> {
    const ref = `${pod.namespace}/${pod.name}`;
    const found = (await this.admin.find(Pods, pod.name, pod.namespace)) as unknown as Pod | undefined;
    const refuse = (why: string, hint?: string): MountproofError =>
      new MountproofError("not_found", { message: why, culprit: { pod: ref }, ...(hint !== undefined && { hint }) });
    if (found === undefined) throw refuse(`there is no pod "${ref}"`);
    const container = pod.container ?? found.spec.containers[0]?.name ?? "";
    const node = this.#spec.nodes.find(({ handle }) => handle.name === found.spec.nodeName);
    if (node?.runtime.mountsOf(found.metadata.uid, container) !== undefined)
      return { node, uid: found.metadata.uid, container };
    const state = found.status?.containerStatuses?.find(({ name }) => name === container)?.state;
    const why = state?.waiting?.reason ?? state?.terminated?.reason ?? found.status?.phase ?? "not scheduled";
    throw refuse(`container "${container}" of pod "${ref}" does not run: ${why}`, state?.waiting?.message);
  }
}

/** Kinds whose plural is not the kind's name with an s or es. */
const PLURALS: Readonly<Record<string, string>> = { Endpoints: "endpoints" };
const CLUSTER_WIDE =
  /^(Cluster.*|CSIDriver|CSINode|CustomResourceDefinition|Namespace|Node|PersistentVolume|StorageClass|VolumeAttachment|PriorityClass|.*WebhookConfiguration)$/;

/** The handle of an object's kind, from the object alone. */
function resourceOf(object: KubeObject): Resource {
  const { apiVersion = "v1", kind = "" } = object;
  const slash = apiVersion.indexOf("/");
  const lower = kind.toLowerCase();
  const plural =
    PLURALS[kind] ??
    (/(s|x|ch)$/.test(lower) ? `${lower}es` : /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`);
  return resource({
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
    plural,
    namespaced: !CLUSTER_WIDE.test(kind),
  });
}
