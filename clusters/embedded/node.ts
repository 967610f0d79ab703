import { mkdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { type Clock, type Digester, type Log, MountproofError, type Random } from "../../core/index.ts";
import type { KubeClient, KubeConfig } from "../../kube/client.ts";
import type { Journal } from "../../net/journal.ts";
import type { NodeHandle, PartLauncher } from "../cluster.ts";
import { httpEcho } from "./images/http-echo.ts";
import type { ImageTable } from "./images/image-table.ts";
import { programOfImage } from "./images/program-of-image.ts";
import {
  Kubelet,
  type KubeletTiming,
  type Mounts,
  openViews,
  type PartStarter,
  Processes,
  type ProcessGroups,
  type Program,
  type RunningKubelet,
  type SandboxNetwork,
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
  readonly images?: ImageTable;
  readonly parts: (name: string) => PartLauncher | undefined;
  /** A config that acts as a ServiceAccount. */
  readonly configFor: (namespace: string, serviceAccount: string) => Promise<KubeConfig>;
  readonly podAddresses?: "simulated" | "loopback" | "network";
  /** The run's network as this node sees it, where there is one. */
  readonly network?: SandboxNetwork;
  /** What a person should know of how its pods are connected. */
  readonly networkNote?: string;
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
    const { clock, random, index, images, expose, processGroups } = spec;
    const missingImage = spec.missingImage ?? (images === undefined ? undefined : (name) => images.missing(name));
    this.processes = new Processes({
      clock,
      views: () => {
        const shared = spec.mounts.isReal ? kubeletRoot : undefined;
        return openViews({
          folder: join(root, "rootfs"),
          ...(expose !== undefined && { expose }),
          ...(shared !== undefined && { shared }),
        });
      },
      logFolder: join(root, "log", "pods"),
      ...(processGroups !== undefined && { groups: processGroups }),
    });
    this.runtime = new SimulatedRuntime({
      clock,
      random,
      ...(spec.network !== undefined && { network: spec.network }),
      ...(spec.networkNote !== undefined && { networkNote: spec.networkNote }),
      subnet:
        (spec.podAddresses ?? "simulated") !== "simulated" ? `127.${64 + (index & 63)}` : `10.244.${index & 0xff}`,
      parts: (name) => this.#starterOf(name),
      processes: this.processes,
      program: (container, pod) => programOf(spec, container, pod),
      ...(missingImage !== undefined && { missingImage }),
      ...(images !== undefined && { imageUser: (name) => images.find(name)?.user }),
    });
  }

  /** The node's address in the cluster. */
  get address(): string {
    const { index } = this.#spec;
    return nodeAddress(index);
  }

  /** Where its kubelet serves the API server. */
  get kubeletSocket(): string {
    return join(this.#spec.folder, this.#spec.name, "kubelet.sock");
  }

  /** Where a path of the node's really is: kubelet's and the providers' folders are the node's own. */
  nodePath(path: string): string {
    const { kubeletRoot, providersDir, additionalProvidersDir } = this.handle.paths;
    const places = [
      ["/var/lib/kubelet", kubeletRoot],
      ["/var/run/secrets-store-csi-providers", providersDir],
      ["/run/secrets-store-csi-providers", providersDir],
      ["/etc/kubernetes/secrets-store-csi-providers", additionalProvidersDir],
    ] as const;
    const clean = posix.resolve("/", path);
    const found = places.find(([at]) => clean === at || clean.startsWith(`${at}/`));
    return found === undefined ? clean : join(found[1], posix.relative(found[0], clean));
  }

  #starterOf(name: string): PartStarter | undefined {
    const { clock, journal, configFor } = this.#spec;
    if (name === "http-echo") return httpEcho(clock);
    const launch = this.#spec.parts(name);
    if (launch === undefined) return undefined;
    return async (container) => {
      const { namespace, serviceAccount } = container.pod;
      const kubeConfig = await configFor(namespace, serviceAccount);
      const nodePath = (path: string): string => this.nodePath(path);
      return await launch({ clock, journal, node: this.handle, kubeConfig, nodePath, ...container });
    };
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
    // What a driver mounts is the node's, as on a real one: containers and programs with mounts of their own see it.
    this.#spec.mounts.share(this.handle.paths.kubeletRoot);
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
        nodePath: (path) => this.nodePath(path),
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
    await this.runtime[Symbol.asyncDispose]();
  }
}

/** The address of a node by its number, in the network that kind gives its nodes. */
export function nodeAddress(index: number): string {
  return `172.18.${index >> 8}.${(index & 0xff) + 2}`;
}

/** What the caller says; else, where processes are wanted, the container's own command; else what is built in. */
function programOf(spec: EmbeddedNodeSpec, container: Container, pod: Pod): Program | undefined {
  const told = spec.program?.(container, pod);
  if (told !== undefined) return told;
  if (spec.images !== undefined) return programOfImage(spec.images, container, spec.containers);
  if (spec.containers !== "processes") return undefined;
  return (container.command ?? []).length + (container.args ?? []).length > 0 ? { run: {} } : undefined;
}
