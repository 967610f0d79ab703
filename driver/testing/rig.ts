import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Clock, RealClock, Scope, seededRandom, silentLog, VirtualClock } from "../../core/index.ts";
import type { KubeObject } from "../../kube/index.ts";
import { Node, type NodePublishVolumeRequestSchema } from "../../wire/gen/csi_pb.ts";
import { type CallOptions, type GrpcClient, GrpcError, grpcClient } from "../../wire/grpc/index.ts";
import { ScriptedProvider } from "../../wire/scripted-provider.ts";
import { DRIVER_NAME, Driver, type DriverSpec, type Mounter, openMounter, type RunningDriver } from "../index.ts";
import { type ApiStandIn, startApiStandIn } from "./api-stand-in.ts";

export const NAMESPACE = "shop";
export const INTERVAL_MS = 120_000;

type PublishInit = MessageInitShape<typeof NodePublishVolumeRequestSchema>;

export type RigOptions = Partial<DriverSpec> & { readonly clock?: Clock };

/** What a call came to: `OK`, or the code's name, with the text. */
export type Outcome = { readonly code: string; readonly message: string };

/** A driver, a provider and an API stand-in on real sockets, and a kubelet's way of calling. */
export class Rig implements AsyncDisposable {
  readonly scope = new Scope("rig");
  readonly clock: Clock;
  readonly folder = mkdtempSync(join(tmpdir(), "mp-drv-"));
  readonly api: ApiStandIn;
  readonly provider: ScriptedProvider;
  readonly mounter: Mounter;
  readonly #options: RigOptions;
  #starts = 0;
  #dying: Promise<void> | undefined;
  #driver: RunningDriver | undefined;
  #node: GrpcClient<typeof Node> | undefined;

  private constructor(clock: Clock, api: ApiStandIn, mounter: Mounter, options: RigOptions) {
    this.clock = clock;
    this.api = api;
    this.mounter = mounter;
    this.#options = options;
    for (const name of ["prov", "prov2", "pods"]) mkdirSync(join(this.folder, name));
    this.provider = new ScriptedProvider(clock, join(this.folder, "prov", "scripted.sock"));
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const clock = options.clock ?? new VirtualClock();
    const mounter = options.mounter ?? (await openMounter(silentLog));
    const rig = new Rig(clock, await startApiStandIn(clock), mounter, options);
    await rig.provider.start();
    rig.defineClass("app", { k: "v" });
    await rig.startDriver();
    return rig;
  }

  static async real(options: RigOptions = {}): Promise<Rig> {
    return await Rig.start({ clock: new RealClock(), ...options });
  }

  get driver(): RunningDriver {
    if (this.#driver === undefined) throw new Error("the driver is not running");
    return this.#driver;
  }

  get node(): GrpcClient<typeof Node> {
    if (this.#node === undefined) throw new Error("the driver is not running");
    return this.#node;
  }

  async startDriver(changes: Partial<DriverSpec> = {}): Promise<void> {
    await this.#dying; // its socket goes late
    const path = join(this.folder, "csi.sock");
    this.#driver = await new Driver({
      log: silentLog,
      random: seededRandom(++this.#starts), // a second driver must not draw the first one's names
      nodeId: "node-0",
      kubeletRootDir: this.folder,
      providersDir: join(this.folder, "prov"),
      additionalProvidersDirs: join(this.folder, "prov2"),
      mounter: this.mounter,
      rotationPollIntervalMs: INTERVAL_MS,
      ...this.#options,
      clock: this.clock,
      kubeConfig: this.api.kubeConfig,
      endpoint: `unix://${path}`,
      ...changes,
    }).start();
    this.#node = grpcClient(Node, { clock: this.clock, target: { path } });
    await this.#driver.synced;
  }

  /** As kill -9 does it; its socket goes all the same. */
  async killDriver(): Promise<void> {
    const driver = this.#driver;
    this.#driver = undefined;
    this.#dying = driver?.kill();
    await this.#dying;
    this.#node?.close();
  }

  get hasDriver(): boolean {
    return this.#driver !== undefined;
  }

  async stopDriver(): Promise<void> {
    this.#node?.close();
    await this.#driver?.[Symbol.asyncDispose]();
    this.#driver = undefined;
  }

  defineClass(name: string, parameters: Record<string, string>, provider = "scripted"): void {
    this.api.put("secretproviderclasses", {
      apiVersion: "secrets-store.csi.x-k8s.io/v1",
      kind: "SecretProviderClass",
      metadata: { name, namespace: NAMESPACE },
      spec: { provider, parameters },
    });
  }

  /** Adds what a SecretProviderClass wants as Secrets, and the pod that mounts it; the driver has seen it then. */
  async wantSecrets(
    secretObjects: readonly object[],
    pod: { readonly name?: string; readonly owners?: object[] } = {},
  ): Promise<void> {
    await this.pass(1); // the stand-in tells of changes only whoever watches already
    const name = "app";
    const known = this.api.find("secretproviderclasses", name, NAMESPACE);
    this.api.put("secretproviderclasses", {
      apiVersion: "secrets-store.csi.x-k8s.io/v1",
      kind: "SecretProviderClass",
      metadata: { ...known?.metadata, name, namespace: NAMESPACE },
      spec: { ...(known?.["spec"] as object), secretObjects },
    });
    this.definePod(pod.name, pod.owners);
    await this.pass(1);
  }

  definePod(name = "web", owners?: object[], phase = "Running"): void {
    this.api.put("pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: NAMESPACE, uid: `uid-${name}`, ...(owners && { ownerReferences: owners as [] }) },
      spec: {
        nodeName: "node-0",
        volumes: [{ name: "vol", csi: { driver: DRIVER_NAME, volumeAttributes: { secretProviderClass: "app" } } }],
      },
      status: { phase },
    });
  }

  secret(name: string) {
    return this.api.find("secrets", name, NAMESPACE) as
      | (KubeObject & { type?: string; data?: Record<string, string> })
      | undefined;
  }

  target(pod = "web", volume = "vol"): string {
    const parent = join(this.folder, "pods", `uid-${pod}`, "volumes", "kubernetes.io~csi", volume);
    mkdirSync(parent, { recursive: true });
    return join(parent, "mount");
  }

  request(pod = "web", changes: Partial<PublishInit> = {}): PublishInit {
    return {
      volumeId: `csi-${pod}`,
      targetPath: this.target(pod),
      readonly: true,
      volumeCapability: { accessType: { case: "mount" as const, value: {} } },
      volumeContext: {
        secretProviderClass: "app",
        "csi.storage.k8s.io/pod.name": pod,
        "csi.storage.k8s.io/pod.namespace": NAMESPACE,
        "csi.storage.k8s.io/pod.uid": `uid-${pod}`,
      },
      ...changes,
    } as PublishInit;
  }

  async publish(
    request: PublishInit = this.request(),
    options: CallOptions = { deadlineMs: 120_000 },
  ): Promise<Outcome> {
    return await this.settle(outcomeOf(this.node.nodePublishVolume(request, options)));
  }

  async unpublish(pod = "web"): Promise<Outcome> {
    return await this.settle(
      outcomeOf(this.node.nodeUnpublishVolume({ volumeId: `csi-${pod}`, targetPath: this.target(pod) })),
    );
  }

  /** Moves virtual time as far as the call needs. */
  async settle<T>(work: Promise<T>): Promise<T> {
    if (!(this.clock instanceof VirtualClock)) return await work;
    let isOver = false;
    const done = work.finally(() => {
      isOver = true;
    });
    await this.clock.advanceUntil(() => isOver, 600_000);
    return await done;
  }

  async pass(ms: number): Promise<void> {
    if (this.clock instanceof VirtualClock) await this.clock.advance(ms);
    else await this.clock.sleep(ms);
  }

  isMounted(pod = "web"): boolean {
    return this.mounter.inspect(this.target(pod)).kind === "mounted";
  }

  /** Files as a container sees them: through the links at the top. */
  files(pod = "web"): Record<string, string> {
    return seenFiles(this.target(pod));
  }

  status(pod = "web", className = "app") {
    return this.api.find("secretproviderclasspodstatuses", `${pod}-${NAMESPACE}-${className}`, NAMESPACE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopDriver();
    await this.provider.stop();
    await this.api[Symbol.asyncDispose]();
    await this.scope[Symbol.asyncDispose]();
    unmountBelow(this.folder, this.mounter);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    await call;
    return { code: "OK", message: "" };
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    return { code: error.codeName, message: error.details };
  }
}

export function seenFiles(target: string): Record<string, string> {
  const seen: Record<string, string> = {};
  const walk = (folder: string, prefix: string): void => {
    for (const name of readdirSync(folder).sort()) {
      if (prefix === "" && name.startsWith("..")) continue;
      const path = join(folder, name);
      const real = lstatSync(path).isSymbolicLink() ? join(folder, readlinkSync(path)) : path;
      if (!existsSync(real)) continue; // a link that leads nowhere: nobody can read it
      if (lstatSync(real).isDirectory()) walk(real, `${prefix}${name}/`);
      else seen[`${prefix}${name}`] = readFileSync(real, "utf8");
    }
  };
  walk(target, "");
  return seen;
}

/** What a failed test left mounted. */
export function unmountBelow(folder: string, mounter: Mounter): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) continue;
    for (let state = mounter.inspect(path); state.kind === "mounted"; state = mounter.inspect(path))
      mounter.unmount(path, { detach: true });
    unmountBelow(path, mounter);
  }
}
