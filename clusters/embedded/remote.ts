import { type Clock, type Culprit, type ErrorCode, MountproofError, Scope } from "../../core/index.ts";
import type { KubeClient, KubeConfig } from "../../kube/client.ts";
import { createKubeClient } from "../../kube/create-client.ts";
import type { KubeObject } from "../../kube/types.ts";
import { createDialer, createHttpClient, type HttpClient, type Journal } from "../../net/index.ts";
import type { ClusterCapability, LaunchContext, NodeHandle, SeenFile } from "../cluster.ts";
import { applyObjects, configOfAccount, launchOn, untilHolds } from "./acts.ts";
import type { ControlCalls, PodName } from "./control.ts";
import { type Mounts, openMounts } from "./kubelet/mounts.ts";
import type { NodePart, RunningEmbeddedCluster } from "./spec.ts";

/** What `mountproof cluster` tells of itself. */
export type ClusterAnnouncement = {
  readonly adminConfig: KubeConfig;
  readonly issuer: { readonly url: string; readonly caPem: string };
  readonly nodes: readonly NodeHandle[];
  /** The socket of its control API. */
  readonly control: string;
};

/**
 * An embedded cluster that runs as a process of its own: its Kubernetes API by HTTPS, what only a simulated cluster can
 * do by its control socket. Parts are launched by this process, on the nodes' folders.
 */
export async function connectCluster(
  announced: ClusterAnnouncement,
  parts: Pick<LaunchContext, "clock" | "log" | "journal">,
): Promise<RunningEmbeddedCluster> {
  return await Scope.run("connection to the cluster", async (scope) => {
    const { clock } = parts;
    const dialer = createDialer({ resolvers: [async () => ({ path: announced.control })] });
    const http = scope.use(createHttpClient({ clock, dialer }));
    const admin = scope.use(createKubeClient({ ...announced.adminConfig, userAgent: "mountproof-admin" }, { clock }));
    return new RemoteCluster({ announced, parts, http, admin, mounts: await openMounts(), scope });
  });
}

type RemoteSpec = {
  readonly announced: ClusterAnnouncement;
  readonly parts: Pick<LaunchContext, "clock" | "log" | "journal">;
  readonly http: HttpClient;
  readonly admin: KubeClient;
  readonly mounts: Mounts;
  readonly scope: Scope;
};

class RemoteCluster implements RunningEmbeddedCluster {
  readonly kind = "embedded";
  readonly capabilities: ReadonlySet<ClusterCapability>;
  readonly missing: ReadonlyMap<ClusterCapability, string> = new Map<ClusterCapability, string>([
    ["virtualTime", "the cluster is a process of its own, on the real clock"],
    ["exec", "the cluster is a process of its own: nothing is executed in its containers from here"],
    ["realKubelet", "the embedded cluster's kubelet is simulated"],
  ]);
  readonly #spec: RemoteSpec;

  constructor(spec: RemoteSpec) {
    this.#spec = spec;
    this.capabilities = new Set(["processes", ...(spec.mounts.isReal ? (["realMounts"] as const) : [])]);
  }

  get clock(): Clock {
    return this.#spec.parts.clock;
  }

  get journal(): Journal {
    return this.#spec.parts.journal;
  }

  readonly networkRefused = undefined;

  reach(): undefined {
    return undefined;
  }

  /** The cluster's mounts are this process's, too: both live in one mount namespace. */
  get mounts(): Mounts {
    return this.#spec.mounts;
  }

  get admin(): KubeClient {
    return this.#spec.admin;
  }

  get adminConfig(): KubeConfig {
    return this.#spec.announced.adminConfig;
  }

  get issuer(): { readonly url: string; readonly caPem: string } {
    return this.#spec.announced.issuer;
  }

  get nodes(): readonly NodeHandle[] {
    return this.#spec.announced.nodes;
  }

  node(name?: string): NodeHandle {
    const found = name === undefined ? this.nodes[0] : this.nodes.find((node) => node.name === name);
    if (found !== undefined) return found;
    throw new MountproofError("not_found", { message: `the cluster has no node "${name ?? ""}"` });
  }

  async configFor(namespace: string, serviceAccount: string): Promise<KubeConfig> {
    return await configOfAccount(this.admin, this.adminConfig, namespace, serviceAccount);
  }

  async apply(objects: readonly KubeObject[]): Promise<void> {
    await applyObjects(this.admin, objects);
  }

  async launch(part: NodePart): Promise<AsyncDisposable> {
    const { parts, scope } = this.#spec;
    return await launchOn(part, this.nodes, scope, async (node) => ({
      ...parts,
      node,
      kubeConfig: await this.configFor(part.namespace, part.serviceAccount),
    }));
  }

  async until(holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
    return await untilHolds(this.clock, holds, ms);
  }

  async readFiles(pod: PodName, path: string): Promise<SeenFile[]> {
    const files = await this.#call("readFiles", { pod, path });
    return files.map((file) => ({ ...file, content: Buffer.from(file.content, "base64") }));
  }

  async environment(pod: PodName): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.#call("environment", { pod })));
  }

  async logs(pod: PodName, options: { readonly previous?: boolean } = {}): Promise<string> {
    return await this.#call("logs", { pod, previous: options.previous === true });
  }

  async exitContainer(pod: PodName, exitCode: number): Promise<void> {
    await this.#call("exitContainer", { pod, exitCode });
  }

  async stopKubelet(node?: string): Promise<void> {
    await this.#call("stopKubelet", node === undefined ? {} : { node });
  }

  async startKubelet(node?: string): Promise<void> {
    await this.#call("startKubelet", node === undefined ? {} : { node });
  }

  async restartKubelet(node?: string): Promise<void> {
    await this.stopKubelet(node);
    await this.startKubelet(node);
  }

  async configForUser(user: { readonly name: string; readonly groups?: readonly string[] }): Promise<KubeConfig> {
    return (await this.#call("configForUser", user)) as KubeConfig;
  }

  configWithToken(): never {
    throw new MountproofError("unsupported", {
      message: "a token for a user is drawn in the API server's own process",
      hint: "take configForUser, or run the case without --processes",
    });
  }

  compact(): never {
    throw new MountproofError("unsupported", {
      message: "the watch history of a cluster in another process cannot be forgotten at once",
      hint: "run the case without --processes",
    });
  }

  async execute(): Promise<never> {
    throw new MountproofError("unsupported", {
      message: "nothing is executed in the containers of a cluster in another process",
      hint: "run the case without --processes",
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spec.scope[Symbol.asyncDispose]();
  }

  async #call<N extends keyof ControlCalls>(
    name: N,
    of: Parameters<ControlCalls[N]>[0],
  ): Promise<Awaited<ReturnType<ControlCalls[N]>>> {
    const answer = await this.#spec.http.request({
      method: "POST",
      url: `http://cluster/${name}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(of),
    });
    const said = JSON.parse(answer.body.toString()) as { value?: unknown } & Refusal;
    if (answer.status === 200) return said.value as Awaited<ReturnType<ControlCalls[N]>>;
    const { code, message, hint, culprit } = said;
    throw new MountproofError(code, { message, ...(hint && { hint }), ...(culprit && { culprit }) });
  }
}

type Refusal = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly culprit?: Culprit;
};
