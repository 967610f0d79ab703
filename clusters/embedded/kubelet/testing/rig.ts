import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Digester, type Random, Scope, seededRandom, silentLog, VirtualClock } from "../../../../core/index.ts";
import type { KubeClient } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { NodePaths } from "../../../cluster.ts";
import type { Program } from "../containers/program.ts";
import { SimulatedRuntime } from "../containers/simulated-runtime.ts";
import { Kubelet, type RunningKubelet } from "../kubelet.ts";
import { plainMounts } from "../mounts.ts";
import { CsiDrivers, Pods } from "../resources.ts";
import type { Container, CsiDriver, Pod } from "../types.ts";
import { MemoryApi } from "./memory-api.ts";
import { type DriverCall, RecordedDriver } from "./recorded-driver.ts";

export type RigOptions = {
  readonly kubeVersion?: string;
  /** Of kubelet's jitter. */
  readonly seed?: number;
  readonly program?: (container: Container, pod: Pod) => Program | undefined;
};

/** A kubelet on a folder of its own, an API in memory, and drivers that do as they are told. */
export class Rig implements AsyncDisposable {
  readonly clock = new VirtualClock(Date.parse("2026-01-01T00:00:00Z"));
  readonly api = new MemoryApi(this.clock);
  readonly client: KubeClient = this.api.client();
  readonly calls: DriverCall[] = [];
  readonly runtime: SimulatedRuntime;
  readonly paths: NodePaths;
  readonly #options: RigOptions;
  readonly #scope = new Scope("rig");
  readonly #drivers: RecordedDriver[] = [];
  readonly #random: Random;
  #kubelet: RunningKubelet | undefined;

  private constructor(folder: string, options: RigOptions) {
    const kubeletRoot = join(folder, "kubelet");
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 5);
    this.paths = {
      kubeletRoot,
      pluginsRegistry: join(kubeletRoot, "plugins_registry"),
      driverPluginDir: join(kubeletRoot, "plugins", "csi-secrets-store"),
      providersDir: join(folder, "providers"),
      additionalProvidersDir: join(folder, "providers-too"),
    };
    const program = options.program;
    this.runtime = this.#scope.use(
      new SimulatedRuntime({ clock: this.clock, random: this.#random, ...(program !== undefined && { program }) }),
    );
    this.#scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(await mkdtemp(join(tmpdir(), "mp-k-")), options);
    await mkdir(rig.paths.pluginsRegistry, { recursive: true });
    await rig.startKubelet();
    return rig;
  }

  get kubelet(): RunningKubelet {
    if (this.#kubelet === undefined) throw new Error("the kubelet is stopped");
    return this.#kubelet;
  }

  async startKubelet(): Promise<void> {
    const { clock, client, paths, runtime } = this;
    this.#kubelet = await new Kubelet({
      clock,
      client,
      paths,
      runtime,
      log: silentLog,
      random: this.#random,
      digester: new Digester(),
      mounts: plainMounts(),
      name: "node-0",
      labels: {},
      hostIP: "10.0.0.1",
      kubeVersion: this.#options.kubeVersion ?? "1.34",
    }).start();
  }

  async stopKubelet(): Promise<void> {
    await this.#kubelet?.[Symbol.asyncDispose]();
    this.#kubelet = undefined;
  }

  /** A CSIDriver with the API server's defaults, and a driver that registers. */
  async driver(name: string, spec: Partial<CsiDriver["spec"]> = {}): Promise<RecordedDriver> {
    await this.client.create(CsiDrivers, csiDriver(name, spec));
    return await this.startDriver(name);
  }

  async startDriver(
    name: string,
    flags: ReadonlyMap<string, string> = new Map(),
    control: Readonly<Record<string, string>> = {},
  ): Promise<RecordedDriver> {
    const driver = new RecordedDriver({ clock: this.clock, paths: this.paths, name, flags, calls: this.calls });
    driver.control = control;
    await driver.start();
    this.#drivers.push(driver);
    return driver;
  }

  async pod(name: string, spec: object, metadata: object = {}): Promise<Pod> {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "ns", ...metadata },
      spec: { nodeName: "node-0", serviceAccountName: "default", terminationGracePeriodSeconds: 5, ...spec },
    };
    return await this.client.create(Pods, pod as unknown as Pod & KubeObject);
  }

  /** Calls of one method, without those of other volumes when a pod is named. */
  callsOf(method: string, pod?: Pod): DriverCall[] {
    return this.calls.filter(
      (call) =>
        call.method === method && (pod === undefined || String(call.request["targetPath"]).includes(pod.metadata.uid)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopKubelet();
    for (const driver of this.#drivers) await driver[Symbol.asyncDispose]();
    await this.#scope[Symbol.asyncDispose]();
  }
}

function csiDriver(name: string, spec: Partial<CsiDriver["spec"]>): CsiDriver {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIDriver",
    metadata: { name },
    spec: {
      attachRequired: false,
      podInfoOnMount: true,
      volumeLifecycleModes: ["Ephemeral"],
      fsGroupPolicy: "ReadWriteOnceWithFSType",
      requiresRepublish: false,
      ...spec,
    },
  };
}

/** A pod with one container that mounts one inline CSI volume. */
export function oneVolume(driver: string, attributes: Record<string, string> = {}, extra: object = {}): object {
  return {
    containers: [{ name: "c", image: "app", volumeMounts: [{ name: "v", mountPath: "/mnt/v" }] }],
    volumes: [{ name: "v", csi: { driver, volumeAttributes: attributes } }],
    ...extra,
  };
}
