import { type Clock, type Log, MountproofError, type Random, type Scope } from "../../core/index.ts";
import type { KubeClient, KubeConfig } from "../../kube/client.ts";
import { Pods } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import type { Journal, Route } from "../../net/index.ts";
import type { ClusterCapability, NodeHandle, SeenFile } from "../cluster.ts";
import { applyObjects, configOfAccount, launchOn, untilHolds } from "./acts.ts";
import { API_SERVER_ADDRESS } from "./apiserver/index.ts";
import { readLog } from "./kubelet/containers/log-file.ts";
import type { Execution, Mounts } from "./kubelet/index.ts";
import type { Pod } from "./kubelet/types.ts";
import type { PodNetwork } from "./network/index.ts";
import type { EmbeddedNode } from "./node.ts";
import type { ClusterApi, NodePart, RunningEmbeddedCluster } from "./spec.ts";

type PodName = { readonly namespace: string; readonly name: string; readonly container?: string };

export type ClusterHandleSpec = {
  readonly kind: RunningEmbeddedCluster["kind"];
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly api: ClusterApi;
  readonly admin: KubeClient;
  readonly nodes: readonly EmbeddedNode[];
  readonly mounts: Mounts;
  readonly random: Random;
  readonly scope: Scope;
  readonly network: PodNetwork | undefined;
  readonly networkRefused: string | undefined;
};

export class EmbeddedClusterHandle implements RunningEmbeddedCluster {
  readonly kind: RunningEmbeddedCluster["kind"];
  readonly #spec: ClusterHandleSpec;

  constructor(spec: ClusterHandleSpec) {
    this.#spec = spec;
    this.kind = spec.kind;
  }

  get capabilities(): ReadonlySet<ClusterCapability> {
    const found: ClusterCapability[] = ["exec", "processes"];
    if (this.kind === "embedded") found.push("syntheticFaults");
    if (this.clock.kind === "virtual") found.push("virtualTime");
    if (this.mounts.isReal) found.push("realMounts");
    return new Set(found);
  }

  get missing(): ReadonlyMap<ClusterCapability, string> {
    const reasons: [ClusterCapability, string][] = [
      ["virtualTime", "the cluster runs on the real clock"],
      ["syntheticFaults", "a real kube-apiserver fails when it likes"],
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
    return await configOfAccount(admin, api.adminConfig, namespace, serviceAccount);
  }

  async configForUser(user: { readonly name: string; readonly groups?: readonly string[] }): Promise<KubeConfig> {
    return await this.#spec.api.configFor(user);
  }

  configWithToken(user: { readonly name: string; readonly groups: readonly string[] }): KubeConfig {
    return this.#spec.api.tokenConfig(this.#spec.random.uuid(), user);
  }

  async apply(objects: readonly KubeObject[]): Promise<void> {
    await applyObjects(this.admin, objects);
  }

  async launch(part: NodePart): Promise<AsyncDisposable> {
    const { clock, log, journal, scope } = this.#spec;
    return await launchOn(part, this.nodes, scope, async (node) => ({
      clock,
      log,
      journal,
      node,
      kubeConfig: await this.configFor(part.namespace, part.serviceAccount),
    }));
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
    return await untilHolds(this.clock, holds, ms);
  }

  get networkRefused(): string | undefined {
    return this.#spec.networkRefused;
  }

  reach(address: string, port: number): Route | undefined {
    const { network, api } = this.#spec;
    // What the Service `kubernetes` leads to.
    if (address === API_SERVER_ADDRESS) return { host: "127.0.0.1", port: api.port };
    if (network?.holds(address) !== true) return undefined;
    return { open: () => network.connect(address, port) };
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
