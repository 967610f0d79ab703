import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedCluster, type RunningEmbeddedCluster } from "../../../clusters/embedded/index.ts";
import { type Random, Scope, seededRandom, silentLog, VirtualClock } from "../../../core/index.ts";
import { type KubeObject, Pods, SecretProviderClasses, SecretProviderClassPodStatuses } from "../../../kube/index.ts";
import { Node } from "../../../wire/gen/csi_pb.ts";
import { GrpcError, GrpcStatus, grpcClient } from "../../../wire/grpc/index.ts";
import { ScriptedProvider } from "../../../wire/scripted-provider.ts";
import {
  DRIVER_NAME,
  DRIVER_SERVICE_ACCOUNT,
  Driver,
  type DriverSpec,
  driverManifests,
  type Mounter,
  type RunningDriver,
} from "../../index.ts";
import { unmountBelow } from "../../testing/rig.ts";
import { contentsOf } from "./contents.ts";
import { Names } from "./names.ts";
import type { ClusterProbe, RecordedPublish } from "./probe.ts";

export type ClusterReplayOptions = Pick<DriverSpec, "behaviour"> & { readonly mounter: Mounter };

/** The real driver's neighbours of the recording: an API server with its controllers, no kubelet, one provider. */
export class ClusterRig implements AsyncDisposable {
  readonly clock: VirtualClock;
  readonly cluster: RunningEmbeddedCluster;
  readonly names: Names;
  readonly provider: ScriptedProvider;
  readonly folder: string;
  readonly mounter: Mounter;
  readonly #options: ClusterReplayOptions;
  readonly #scope: Scope;
  readonly #random: Random = seededRandom(1);
  #driver: RunningDriver | undefined;
  #started = "";
  #startedAt = 0;

  private constructor(
    scope: Scope,
    clock: VirtualClock,
    folder: string,
    cluster: RunningEmbeddedCluster,
    options: ClusterReplayOptions,
  ) {
    this.#scope = scope;
    this.clock = clock;
    this.folder = folder;
    this.cluster = cluster;
    this.mounter = options.mounter;
    this.#options = options;
    this.names = new Names(folder);
    this.provider = new ScriptedProvider(clock, join(folder, "prov", "scripted.sock"));
  }

  static async start(options: ClusterReplayOptions): Promise<ClusterRig> {
    return await Scope.run("cluster replay", async (scope) => {
      const clock = new VirtualClock();
      const folder = mkdtempSync(join(tmpdir(), "mp-crp-"));
      scope.defer("folder", () => rmSync(folder, { recursive: true, force: true }));
      for (const name of ["prov", "kubelet"]) mkdirSync(join(folder, name));
      scope.defer("mounts", () => unmountBelow(join(folder, "kubelet"), options.mounter));
      const cluster = scope.use(await new EmbeddedCluster({ clock, nodes: 0, random: seededRandom(2) }).start());
      await cluster.apply(driverManifests({ syncSecret: { enabled: true } }));
      const rig = new ClusterRig(scope, clock, folder, cluster, options);
      scope.use(await rig.provider.start());
      scope.defer("driver", () => rig.stopDriver());
      return rig;
    });
  }

  /** The driver of the probe: on the node of its namespace, with its flags. */
  async useDriver(nodeId: string, probe: ClusterProbe): Promise<void> {
    const wanted = JSON.stringify([nodeId, probe.flags ?? [], probe.rotates ?? false]);
    if (wanted === this.#started) return;
    await this.stopDriver();
    await this.startDriver(nodeId, probe);
    this.#started = wanted;
  }

  async startDriver(nodeId: string, { flags = [], rotates }: Pick<ClusterProbe, "flags" | "rotates">) {
    const name = flags[flags.indexOf("--drivername") + 1];
    this.#driver = await new Driver({
      clock: this.clock,
      log: silentLog,
      random: this.#random,
      ...this.#options,
      endpoint: `unix://${this.#socket}`,
      nodeId,
      kubeletRootDir: join(this.folder, "kubelet"),
      driverName: flags.includes("--drivername") && name !== undefined ? name : DRIVER_NAME,
      kubeConfig: await this.cluster.configFor("kube-system", DRIVER_SERVICE_ACCOUNT),
      providersDir: join(this.folder, "prov"),
      additionalProvidersDirs: join(this.folder, "none"),
      enableSecretRotation: rotates === true,
      rotationPollIntervalMs: 1,
    }).start();
    await this.settle(this.#driver.synced);
    this.#startedAt = this.clock.now();
    await this.clock.advance(1);
  }

  /** The owners' patcher counts from the driver's start: gives it its turn if it were to come by shortly. */
  async letPatcherPass(everyMs: number, marginMs: number): Promise<void> {
    const left = everyMs - ((this.clock.now() - this.#startedAt) % everyMs);
    if (left < marginMs) await this.clock.advance(left + 1);
  }

  async stopDriver(): Promise<void> {
    await this.#driver?.[Symbol.asyncDispose]();
    this.#driver = undefined;
    this.#started = "";
  }

  target(podUid: string, volume: string): string {
    const parent = join(this.folder, "kubelet", "pods", podUid, "volumes", "kubernetes.io~csi", volume);
    mkdirSync(parent, { recursive: true });
    return join(parent, "mount");
  }

  async uidOf(pod: string, namespace: string): Promise<string> {
    return (await this.cluster.admin.find(Pods, pod, namespace))?.metadata.uid ?? "";
  }

  async uidOfStatus(name: string, namespace: string): Promise<string> {
    const status = await this.cluster.admin.find(SecretProviderClassPodStatuses, name, namespace);
    return status?.metadata.uid ?? "";
  }

  script(probe: ClusterProbe): void {
    const scripts = (probe.replies ?? []).map(({ files = [], object_version: versions = [], status, message = "" }) =>
      status !== undefined
        ? new GrpcError(GrpcStatus[status as keyof typeof GrpcStatus], message)
        : {
            files: files.map((file) => ({ path: file.path, mode: file.mode ?? 0, contents: contentsOf(probe, file) })),
            objectVersion: versions.map(({ id, version }) => ({ id, version })),
          },
    );
    if (scripts.length > 0) this.provider.answers(...(scripts as Parameters<ScriptedProvider["answers"]>));
  }

  async publish(publish: RecordedPublish): Promise<{ code: string; message: string }> {
    const uid = await this.uidOf(publish.pod, publish.namespace);
    const targetPath = this.target(uid, publish.volume);
    // The release's gate reads the folder's age, which the disk's clock gives.
    await this.clock.advance(10);
    if (existsSync(targetPath)) utimesSync(targetPath, 0, 0);
    return await this.#call((node) =>
      node.nodePublishVolume(
        {
          volumeId: `csi-${publish.pod}-${publish.volume}`,
          targetPath,
          readonly: publish.readonly ?? true,
          volumeCapability: { accessType: { case: "mount", value: {} } },
          secrets: { ...publish.secrets },
          volumeContext: {
            secretProviderClass: publish.class,
            "csi.storage.k8s.io/pod.name": publish.pod,
            "csi.storage.k8s.io/pod.namespace": publish.namespace,
            "csi.storage.k8s.io/pod.uid": uid,
            "csi.storage.k8s.io/serviceAccount.name": "default",
            "csi.storage.k8s.io/ephemeral": "true",
            ...publish.extra,
          },
        },
        { deadlineMs: 120_000 },
      ),
    );
  }

  async unpublish(podUid: string, volume = "vol"): Promise<void> {
    const targetPath = this.target(podUid, volume);
    await this.#call((node) => node.nodeUnpublishVolume({ volumeId: "any", targetPath }));
  }

  /** Changes a SecretProviderClass and waits until the driver has seen it. */
  async putClass(name: string, namespace: string, spec: unknown): Promise<void> {
    const { apiVersion, kind } = { apiVersion: "secrets-store.csi.x-k8s.io/v1", kind: "SecretProviderClass" };
    await this.cluster.apply([{ apiVersion, kind, metadata: { name, namespace }, spec } as KubeObject]);
    await this.clock.advance(1);
  }

  async deleteClass(name: string, namespace: string): Promise<void> {
    await this.cluster.admin.delete(SecretProviderClasses, { name, namespace });
    await this.clock.advance(1);
  }

  async settle<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const done = work.finally(() => {
      isOver = true;
    });
    done.catch(() => undefined); // awaited below
    await this.clock.advanceUntil(() => isOver, 600_000);
    return await done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }

  get #socket(): string {
    return join(this.folder, "csi.sock");
  }

  async #call(
    work: (node: ReturnType<typeof nodeClient>) => Promise<unknown>,
  ): Promise<{ code: string; message: string }> {
    const node = nodeClient(this.clock, this.#socket);
    try {
      await this.settle(work(node));
      return { code: "OK", message: "" };
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      const code = Object.entries(GrpcStatus).find(([, number]) => number === error.code)?.[0] ?? String(error.code);
      return { code, message: error.details };
    } finally {
      node.close();
    }
  }
}

function nodeClient(clock: VirtualClock, path: string) {
  return grpcClient(Node, { clock, target: { path } });
}
