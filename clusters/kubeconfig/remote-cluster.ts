import { type Clock, type Log, MountproofError } from "../../core/index.ts";
import type { KubeClient, KubeConfig } from "../../kube/client.ts";
import { createKubeClient } from "../../kube/create-client.ts";
import { Pods } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import { type Journal, processDialer } from "../../net/index.ts";
import type { Cluster, ClusterCapability, NodeHandle, SeenFile } from "../cluster.ts";
import { configOfAccount } from "../embedded/acts.ts";
import type { ExecInPod, OpenedContext } from "./context.ts";
import { Owned } from "./owned.ts";
import { readFilesBy } from "./seen-files.ts";

/** Between two looks at a cluster that others may use, too. */
const LOOK_MS = 500;

export type RemoteParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly run: string;
  /** Ends waiting for something to show: whoever waits then gives back what it has. */
  readonly signal?: AbortSignal | undefined;
  /** The cluster is deleted when the run ends: what is in it need not be taken away. */
  readonly isDeleted?: boolean;
};

type PodOfCluster = { readonly namespace: string; readonly name: string; readonly container?: string };

/** A cluster behind a kubeconfig: everything by its API. */
export interface RemoteCluster extends Cluster {
  readonly kind: "kubeconfig";
  /** Creates objects that end with {@link RemoteCluster.owned}. */
  apply(objects: readonly KubeObject[]): Promise<void>;
  readonly owned: Owned;
  readonly exec: ExecInPod;
  /** What a program that is started in the container now finds in its environment. */
  environment(pod: PodOfCluster): Promise<ReadonlyMap<string, string>>;
  /** What a container said so far. */
  logs(pod: PodOfCluster): Promise<string>;
}

/** @throws MountproofError `unavailable` when its API server does not answer, `permission_denied` for a user who may not */
export async function openRemoteCluster(context: OpenedContext, parts: RemoteParts): Promise<RemoteCluster> {
  const admin = createKubeClient(context.config, { clock: parts.clock, dialer: processDialer(process.env) });
  try {
    const { status, body } = await admin.raw("GET", "/api/v1/namespaces?limit=1");
    if (status >= 400)
      throw new MountproofError("permission_denied", {
        message: `the user of the context "${context.name}" may not list namespaces: ${status} ${body.slice(0, 200)}`,
        hint: "a run makes namespaces, DaemonSets and cluster roles: it needs cluster-admin",
      });
  } catch (error) {
    await admin[Symbol.asyncDispose]();
    throw error;
  }
  return new KubeconfigCluster(context, parts, admin, await issuerOf(admin, context.config));
}

/** What the cluster says of its tokens (OpenID Connect Discovery); empty where its administrator may not ask. */
async function issuerOf(admin: KubeClient, config: KubeConfig): Promise<Cluster["issuer"]> {
  const { status, body } = await admin.raw("GET", "/.well-known/openid-configuration");
  const url = status === 200 ? ((JSON.parse(body) as { issuer?: string }).issuer ?? "") : "";
  return { url, caPem: config.caPem ?? "" };
}

class KubeconfigCluster implements RemoteCluster {
  readonly kind = "kubeconfig";
  readonly capabilities: ReadonlySet<ClusterCapability> = new Set(["exec", "processes"]);
  readonly missing: ReadonlyMap<ClusterCapability, string> = new Map<ClusterCapability, string>([
    ["virtualTime", "a cluster behind a kubeconfig runs on the real clock"],
    ["syntheticFaults", "nothing goes wrong on purpose in somebody's cluster"],
    ["realMounts", "the nodes' mounts are not seen from here"],
  ]);
  readonly clock: Clock;
  readonly journal: Journal;
  readonly admin: KubeClient;
  readonly owned: Owned;
  readonly issuer: Cluster["issuer"];
  readonly #context: OpenedContext;
  readonly #signal: AbortSignal | undefined;
  readonly #isDeleted: boolean;

  constructor(
    context: OpenedContext,
    { clock, journal, run, signal, isDeleted = false }: RemoteParts,
    admin: KubeClient,
    issuer: Cluster["issuer"],
  ) {
    this.#context = context;
    this.#signal = signal;
    this.#isDeleted = isDeleted;
    this.issuer = issuer;
    this.clock = clock;
    this.journal = journal;
    this.admin = admin;
    this.owned = new Owned(admin, clock, run);
  }

  get adminConfig(): KubeConfig {
    return this.#context.config;
  }

  get exec(): ExecInPod {
    return this.#context.exec;
  }

  get nodes(): readonly NodeHandle[] {
    throw new MountproofError("unsupported", { message: "the nodes of a cluster behind a kubeconfig are not reached" });
  }

  async configFor(namespace: string, serviceAccount: string): Promise<KubeConfig> {
    return await configOfAccount(this.admin, this.adminConfig, namespace, serviceAccount);
  }

  async apply(objects: readonly KubeObject[]): Promise<void> {
    await this.owned.apply(objects);
  }

  async readFiles(pod: PodOfCluster, path: string): Promise<SeenFile[]> {
    return await readFilesBy(this.#context.exec, { ...pod, container: await this.#container(pod) }, path);
  }

  async environment(pod: PodOfCluster): Promise<ReadonlyMap<string, string>> {
    const container = await this.#container(pod);
    const { exitCode, stdout, stderr } = await this.exec({ ...pod, container }, ["env"]);
    if (exitCode !== 0)
      throw new MountproofError("api_status", {
        message: `"env" in container "${container}" of pod "${pod.namespace}/${pod.name}" ended with ${exitCode}: ${stderr}`,
      });
    return new Map(
      stdout.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  async logs(pod: PodOfCluster): Promise<string> {
    const query = new URLSearchParams({ container: await this.#container(pod), tailLines: "200" });
    const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/log?${query}`;
    return (await this.admin.raw("GET", path, { accept: "*/*" })).body;
  }

  async until(holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
    const end = this.clock.now() + ms;
    const signal = this.#signal;
    while (!(await holds())) {
      if (this.clock.now() >= end) return false;
      if (signal?.aborted)
        throw new MountproofError("cancelled", { message: "waiting was interrupted", cause: signal.reason });
      // An interrupt ends the pause and is told above.
      const pause = this.clock.sleep(
        Math.min(LOOK_MS, Math.max(1, end - this.clock.now())),
        signal === undefined ? {} : { signal },
      );
      await pause.catch(() => {});
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#isDeleted) await this.owned.remove();
    } finally {
      await this.admin[Symbol.asyncDispose]();
    }
  }

  async #container(pod: PodOfCluster): Promise<string> {
    if (pod.container !== undefined) return pod.container;
    const found = (await this.admin.get(Pods, pod.name, pod.namespace)) as unknown as {
      spec: { containers: { name: string }[] };
    };
    return found.spec.containers[0]?.name ?? "";
  }
}
