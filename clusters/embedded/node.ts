import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Digester, type Log, MountproofError, type Random } from "../../core/index.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Journal } from "../../net/journal.ts";
import type { NodeHandle } from "../cluster.ts";
import {
  Kubelet,
  type KubeletTiming,
  type Mounts,
  openViews,
  Processes,
  type ProcessGroups,
  type Program,
  type RunningKubelet,
  SimulatedRuntime,
} from "./kubelet/index.ts";
import type { Container, Pod } from "./kubelet/types.ts";
import type { NodeSpec } from "./spec.ts";

export type EmbeddedNodeSpec = NodeSpec & {
  readonly name: string;
  /** Number of the node: its addresses come from it. */
  readonly index: number;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly journal: Journal;
  readonly digester: Digester;
  readonly mounts: Mounts;
  readonly kubeVersion: string;
  /** Makes kubelet's own client. */
  readonly connect: () => KubeClient;
  readonly timing?: Partial<KubeletTiming>;
  readonly program?: (container: Container, pod: Pod) => Program | undefined;
  readonly containers?: "simulated" | "processes";
  readonly missingImage?: (image: string) => string | undefined;
  readonly processGroups?: ProcessGroups;
  readonly expose?: readonly string[];
  readonly serviceEnv: ReadonlyMap<string, string>;
};

/** One simulated machine: its folders and containers, which outlive its kubelet. */
export class EmbeddedNode implements AsyncDisposable {
  readonly handle: NodeHandle;
  readonly runtime: SimulatedRuntime;
  readonly processes: Processes;
  readonly #spec: EmbeddedNodeSpec;
  #kubelet: (RunningKubelet & { readonly client: AsyncDisposable }) | undefined;

  constructor(spec: EmbeddedNodeSpec) {
    this.#spec = spec;
    const root = join(spec.folder, spec.name);
    const kubeletRoot = join(root, "kubelet");
    this.handle = {
      name: spec.name,
      paths: {
        kubeletRoot,
        pluginsRegistry: join(kubeletRoot, "plugins_registry"),
        driverPluginDir: join(kubeletRoot, "plugins", "csi-secrets-store"),
        providersDir: join(root, "providers"),
        additionalProvidersDir: join(root, "providers-etc"),
      },
    };
    const { clock, random, index, missingImage, expose, processGroups } = spec;
    this.processes = new Processes({
      clock,
      views: () => openViews({ folder: join(root, "rootfs"), ...(expose !== undefined && { expose }) }),
      logFolder: join(root, "log", "pods"),
      ...(processGroups !== undefined && { groups: processGroups }),
    });
    this.runtime = new SimulatedRuntime({
      clock,
      random,
      subnet: `10.244.${index & 0xff}`,
      processes: this.processes,
      program: (container, pod) => programOf(spec, container, pod),
      ...(missingImage !== undefined && { missingImage }),
    });
  }

  /** The node's address in the cluster. */
  get address(): string {
    const { index } = this.#spec;
    return `172.18.${index >> 8}.${(index & 0xff) + 2}`;
  }

  /** Where its kubelet serves the API server. */
  get kubeletSocket(): string {
    return join(this.#spec.folder, this.#spec.name, "kubelet.sock");
  }

  get kubelet(): RunningKubelet {
    if (this.#kubelet !== undefined) return this.#kubelet;
    throw new MountproofError("unavailable", {
      message: `the kubelet of "${this.#spec.name}" is stopped`,
      culprit: { node: this.#spec.name },
    });
  }

  async makeFolders(): Promise<void> {
    const { pluginsRegistry, driverPluginDir, providersDir, additionalProvidersDir } = this.handle.paths;
    for (const folder of [pluginsRegistry, driverPluginDir, providersDir, additionalProvidersDir])
      await mkdir(folder, { recursive: true, mode: 0o755 });
  }

  async startKubelet(): Promise<void> {
    if (this.#kubelet !== undefined) return;
    const { connect, name } = this.#spec;
    const client = connect();
    try {
      const kubelet = await new Kubelet({
        ...this.#spec,
        name,
        client,
        paths: this.handle.paths,
        runtime: this.runtime,
        labels: this.#spec.labels ?? {},
        hostIP: this.address,
        serverSocket: this.kubeletSocket,
      }).start();
      this.#kubelet = Object.assign(kubelet, { client });
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }

  async stopKubelet(): Promise<void> {
    const kubelet = this.#kubelet;
    this.#kubelet = undefined;
    await kubelet?.[Symbol.asyncDispose]();
    await kubelet?.client[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopKubelet();
    this.runtime[Symbol.dispose]();
  }
}

/** What the caller says; else, where processes are wanted, the container's own command; else what is built in. */
function programOf(spec: EmbeddedNodeSpec, container: Container, pod: Pod): Program | undefined {
  const told = spec.program?.(container, pod);
  if (told !== undefined || spec.containers !== "processes") return told;
  return (container.command ?? []).length + (container.args ?? []).length > 0 ? { run: {} } : undefined;
}
