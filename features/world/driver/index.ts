import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { silentLog } from "../../../core/index.ts";
import {
  DRIVER_NAME,
  DRIVER_SERVICE_ACCOUNT,
  Driver,
  type DriverSpec,
  driverManifests,
  type Mounter,
  openMounter,
} from "../../../driver/index.ts";
import {
  type KubeConfig,
  type KubeObject,
  Pods,
  resource,
  SecretProviderClasses,
  SecretProviderClassPodStatuses,
} from "../../../kube/index.ts";
import { answers, type DriverInProcess, Program, type RunningProgram } from "../../../suite/index.ts";
import { ScriptedProvider } from "../../../suite/parts/scripted-provider.ts";
import { type Controller, type Identity, Node } from "../../../wire/gen/csi_pb.ts";
import { type CallOptions, type GrpcClient, GrpcError, grpcClient } from "../../../wire/grpc/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api } from "../api.ts";
import { freePort, scrape } from "./metrics-of-program.ts";
import { type SeenFile, seenFiles } from "./seen-files.ts";

export const NAMESPACE = "shop";
export const POD = "web";
export const CLASS = "app-secrets";
const DRIVER_NAMESPACE = "kube-system";
/** Kubelet gives each call to a driver two minutes. */
const KUBELET_DEADLINE_MS = 120_000;
const START_WITHIN_MS = 60_000;

/** How a call of kubelet ended: `OK`, or the code's name, with the text. */
export type Outcome = { readonly code: string; readonly message: string; readonly reply?: Record<string, unknown> };

type PublishChange = {
  readonly without?: readonly string[];
  readonly readonly?: boolean;
  readonly deadlineMs?: number;
  readonly volume?: string;
};

/** What a driver is started with, besides what every driver needs. */
export type DriverOptions = {
  driverName?: string;
  nodeId?: string;
  rotationIntervalMs?: number;
  healthCheckIntervalMs?: number;
  maxAnswerBytes?: number;
};

/**
 * A driver under test between its three neighbours: an API server, a scripted provider, and a kubelet's way of
 * calling it. The reference driver runs in this process and on the scenario's clock, one given by path as a program.
 */
export class DriverFacet {
  readonly options: DriverOptions = {};
  readonly #world: MountproofWorld;
  #folder = "";
  #mounter: Mounter | undefined;
  #provider: ScriptedProvider | undefined;
  #driver: AsyncDisposable | undefined;
  #program: RunningProgram | undefined;
  #metrics: () => Promise<string> = async () => "";
  #clients = new Map<DescService, GrpcClient<DescService>>();
  #context: Record<string, string> = {};
  #secrets: Record<string, string> = {};
  #podUid = "";
  #last: Outcome = { code: "none", message: "nothing was called" };
  #mark = 0;
  /** When the call began whose length is examined. */
  began = 0;
  /** Random contents that the provider was told to return. */
  readonly contents = new Map<string, Buffer>();
  /** What a reader saw of two files, reading through `..data`. */
  readonly observed: (readonly [string, string])[] = [];
  /** How the volume stood after each publish. */
  readonly touches: string[] = [];

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  get last(): Outcome {
    return this.#last;
  }

  get mark(): number {
    return this.#mark;
  }

  get podUid(): string {
    return this.#podUid;
  }

  /** Folder, API server with what the driver's chart applies, and the provider; the driver itself starts when called. */
  async prepare(): Promise<void> {
    if (this.#folder !== "") return;
    this.#folder = await this.#world.folder();
    for (const name of ["prov", "prov2", "pods"]) mkdirSync(join(this.#folder, name));
    this.#mounter = await this.#world.run.once("mounter", () => openMounter(silentLog));
    this.#world.scope.defer("mounts", () => this.#unmountAll());
    const kube = this.#world.use(api);
    for (const manifest of driverManifests()) await this.#apply(manifest);
    await kube.namespace(NAMESPACE);
    this.provider();
  }

  provider(): ScriptedProvider {
    this.#provider ??= new ScriptedProvider(this.#world.clock, join(this.#folder, "prov", "scripted.sock"));
    return this.#provider;
  }

  /** Starts the provider in a folder of its own besides the driver's first one. */
  async additionalProvider(): Promise<ScriptedProvider> {
    const other = new ScriptedProvider(this.#world.clock, join(this.#folder, "prov2", "scripted.sock"));
    this.#world.scope.use(await other.start());
    return other;
  }

  get providerFolder(): string {
    return join(this.#folder, "prov");
  }

  async startProvider(): Promise<void> {
    await this.provider().start();
    this.#world.scope.use(this.provider());
  }

  async definePod(): Promise<void> {
    const kube = this.#world.use(api);
    await this.prepare();
    await kube.serviceAccount(NAMESPACE, "default");
    const pod = await kube.put(Pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: POD, namespace: NAMESPACE },
      spec: { containers: [{ name: "app", image: "app" }] },
    });
    this.#podUid = pod.metadata.uid ?? "";
  }

  async defineClass(
    name: string,
    change: { readonly namespace?: string; readonly spec?: Record<string, unknown> } = {},
  ): Promise<void> {
    const kube = this.#world.use(api);
    const { namespace = NAMESPACE } = change;
    if (namespace !== NAMESPACE) await kube.namespace(namespace);
    await kube.put(SecretProviderClasses, {
      apiVersion: "secrets-store.csi.x-k8s.io/v1",
      kind: "SecretProviderClass",
      metadata: { name, namespace },
      spec: change.spec ?? { provider: "scripted", parameters: { objects: "all" } },
    } as never);
  }

  async deleteClass(): Promise<void> {
    await (await this.#world.use(api).admin()).delete(SecretProviderClasses, { name: CLASS, namespace: NAMESPACE });
  }

  sendContext(name: string, value: string): void {
    this.#context[name] = value;
  }

  sendSecrets(secrets: Readonly<Record<string, string>>): void {
    Object.assign(this.#secrets, secrets);
  }

  get sentSecrets(): Readonly<Record<string, string>> {
    return this.#secrets;
  }

  target(volume = "vol"): string {
    const parent = join(this.#folder, "pods", this.#podUid, "volumes", "kubernetes.io~csi", volume);
    mkdirSync(parent, { recursive: true });
    return join(parent, "mount");
  }

  async publish(change: PublishChange = {}): Promise<Outcome> {
    const { without = [], deadlineMs = KUBELET_DEADLINE_MS, volume = "vol" } = change;
    const context: Record<string, string> = {
      secretProviderClass: volume === "vol" ? CLASS : "more-secrets",
      "csi.storage.k8s.io/pod.name": POD,
      "csi.storage.k8s.io/pod.namespace": NAMESPACE,
      "csi.storage.k8s.io/pod.uid": this.#podUid,
      "csi.storage.k8s.io/serviceAccount.name": "default",
      "csi.storage.k8s.io/ephemeral": "true",
      ...this.#context,
    };
    if (without.includes("secretProviderClass")) delete context["secretProviderClass"];
    const request = {
      ...(!without.includes("volume id") && { volumeId: `csi-${this.#podUid}-${volume}` }),
      ...(!without.includes("target path") && { targetPath: this.target(volume) }),
      ...(!without.includes("volume capability") && {
        volumeCapability: { accessType: { case: "mount" as const, value: {} } },
      }),
      ...(!without.includes("context") && { volumeContext: context }),
      readonly: change.readonly ?? true,
      secrets: this.#secrets,
    };
    this.#mark = this.#world.journal.mark();
    const outcome = await this.call(Node, "nodePublishVolume", request, { deadlineMs });
    if (existsSync(join(this.target(volume), "..data"))) this.touches.push(this.touch());
    return outcome;
  }

  async unpublish(without: readonly string[] = []): Promise<Outcome> {
    this.#mark = this.#world.journal.mark();
    return await this.call(Node, "nodeUnpublishVolume", {
      ...(!without.includes("volume id") && { volumeId: `csi-${this.#podUid}-vol` }),
      ...(!without.includes("target path") && { targetPath: this.target() }),
    });
  }

  /** One call on the driver's socket; a refusal is an outcome. */
  async call(
    service: typeof Node | typeof Identity | typeof Controller,
    method: string,
    request: object,
    options: CallOptions = { deadlineMs: KUBELET_DEADLINE_MS },
  ): Promise<Outcome> {
    await this.start();
    const client = this.#client(service) as unknown as Record<
      string,
      (request: object, options: CallOptions) => Promise<Record<string, unknown>>
    >;
    const work = client[method]?.(request, options);
    this.#last = await this.#world.settle(
      outcomeOf(work ?? Promise.reject(new Error(`there is no call ${method}`))),
      600_000,
    );
    return this.#last;
  }

  #client(service: DescService): GrpcClient<DescService> {
    let client = this.#clients.get(service);
    if (client === undefined) {
      client = grpcClient(service, { clock: this.#world.clock, target: { path: this.#socket } });
      this.#clients.set(service, client);
      this.#world.scope.defer("connection to the driver", () => client?.close());
    }
    return client;
  }

  get #socket(): string {
    return join(this.#folder, "csi.sock");
  }

  async start(): Promise<void> {
    if (this.#driver !== undefined) return;
    await this.prepare();
    const kube = this.#world.use(api);
    const kubeConfig = await kube.configOf(DRIVER_NAMESPACE, DRIVER_SERVICE_ACCOUNT);
    const { subject } = this.#world.pass;
    if (subject.kind === "driver")
      await (subject.start === undefined
        ? this.#startProgram(subject.path, kubeConfig)
        : this.#startInProcess(subject));
    else await this.#startReference(kubeConfig);
  }

  async #startReference(kubeConfig: KubeConfig): Promise<void> {
    const { clock, logger, journal, pass } = this.#world;
    const { options } = this;
    const spec: DriverSpec = {
      clock,
      log: logger,
      journal,
      random: pass.random,
      behaviour: pass.behaviour,
      endpoint: `unix://${this.#socket}`,
      nodeId: options.nodeId ?? "node-0",
      driverName: options.driverName ?? DRIVER_NAME,
      kubeConfig,
      providersDir: this.providerFolder,
      additionalProvidersDirs: join(this.#folder, "prov2"),
      ...(this.#mounter !== undefined && { mounter: this.#mounter }),
      ...(options.rotationIntervalMs !== undefined && {
        enableSecretRotation: true,
        rotationPollIntervalMs: options.rotationIntervalMs,
      }),
      ...(options.maxAnswerBytes !== undefined && { maxCallRecvMsgSize: options.maxAnswerBytes }),
      ...(options.healthCheckIntervalMs !== undefined && {
        providerHealthCheck: true,
        providerHealthCheckIntervalMs: options.healthCheckIntervalMs,
      }),
    };
    const driver = await this.#world.settle(new Driver(spec).start(), START_WITHIN_MS);
    this.#driver = this.#world.scope.use(driver);
    this.#metrics = async () => driver.metrics.text();
    await this.#world.settle(driver.synced, START_WITHIN_MS);
  }

  async #startInProcess(subject: DriverInProcess): Promise<void> {
    const { clock } = this.#world;
    const starting = subject.start({ clock, socketPath: this.#socket });
    this.#driver = this.#world.scope.use(await this.#world.settle(starting, START_WITHIN_MS));
  }

  /** A driver of somebody else, under the upstream driver's flags. */
  async #startProgram(path: string, config: KubeConfig): Promise<void> {
    const { clock, run } = this.#world;
    const kubeconfig = join(this.#folder, "kubeconfig");
    await writeFile(kubeconfig, kubeconfigText(config), { mode: 0o600 });
    const { options } = this;
    const metricsPort = await freePort();
    const program = await new Program({
      clock,
      name: "the driver",
      guard: run.guard,
      lifeline: run.lifeline,
      env: { KUBECONFIG: kubeconfig },
      command: [
        path,
        `--endpoint=unix://${this.#socket}`,
        `--nodeid=${options.nodeId ?? "node-0"}`,
        `--drivername=${options.driverName ?? DRIVER_NAME}`,
        `--provider-volume=${this.providerFolder}`,
        `--additional-provider-volume-paths=${join(this.#folder, "prov2")}`,
        `--metrics-addr=127.0.0.1:${metricsPort}`,
        `--kubeconfig=${kubeconfig}`,
        ...(options.maxAnswerBytes !== undefined ? [`--max-call-recv-msg-size=${options.maxAnswerBytes}`] : []),
      ],
    }).start();
    this.#program = program;
    this.#driver = this.#world.scope.use(program);
    this.#metrics = () => scrape(metricsPort);
    // A socket's file may be left from before, and stands a moment before anybody listens.
    while (program.end === undefined && !(await answers(clock, this.#socket))) await clock.sleep(25);
  }

  /** Dies without a goodbye; its socket file stays. */
  async kill(): Promise<void> {
    await this.start();
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
    if (this.#program !== undefined) await this.#program.kill();
    else await this.#driver?.[Symbol.asyncDispose]();
    this.#driver = undefined;
    this.#program = undefined;
    if (!existsSync(this.#socket)) writeFileSync(this.#socket, "");
  }

  async metric(name: string): Promise<string> {
    const text = await this.#metrics();
    return text
      .split("\n")
      .filter((line) => line.startsWith(name))
      .join("\n");
  }

  isMounted(volume = "vol"): boolean {
    return this.#mounter?.inspect(this.target(volume)).kind === "mounted";
  }

  get mounts(): string {
    return this.#mounter?.kind ?? "none";
  }

  exists(volume = "vol"): boolean {
    return existsSync(this.target(volume));
  }

  files(volume = "vol"): SeenFile[] {
    return existsSync(this.target(volume)) ? seenFiles(this.target(volume)) : [];
  }

  /** Names at the top of the volume that are no links through `..data`. */
  strayNames(): string[] {
    const target = this.target();
    return readdirSync(target).filter(
      (name) =>
        !name.startsWith("..") &&
        !(lstatSync(join(target, name)).isSymbolicLink() && readlinkSync(join(target, name)).startsWith("..data/")),
    );
  }

  /** Reads two files as a program does that opens `..data` once. */
  observe(): void {
    const data = join(this.target(), "..data");
    if (!existsSync(data)) return;
    const version = join(this.target(), readlinkSync(data));
    try {
      this.observed.push([readFileSync(join(version, "a"), "utf8"), readFileSync(join(version, "b"), "utf8")]);
    } catch (error) {
      // The old version may go while it is read; half a file may not be seen.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  readonly digest = (content: Uint8Array): string => this.#world.run.digester.digest(content);

  /** Capabilities of the last answer, by name. */
  advertised(): string[] {
    const capabilities = (this.#last.reply?.["capabilities"] ?? []) as {
      type?: { case?: string; value?: { type?: number } };
    }[];
    return capabilities.map(({ type }) => {
      const names = type?.case === "service" ? SERVICE_CAPABILITIES : RPC_CAPABILITIES;
      return names[type?.value?.type ?? 0] ?? "UNKNOWN";
    });
  }

  /** Changes with every write into the volume. */
  touch(): string {
    const target = this.target();
    return `${readlinkSync(join(target, "..data"))} ${statSync(target).mtimeMs}`;
  }

  putPlainFile(name: string): void {
    const path = join(this.target(), name);
    writeFileSync(path, "plain");
    chmodSync(path, 0o644);
  }

  isPlainFile(name: string): boolean {
    const path = join(this.target(), name);
    return existsSync(path) && lstatSync(path).isFile();
  }

  /** Everything below the scenario's folder of pods that is outside of volumes' targets. */
  strays(): string[] {
    const inside = this.target();
    const found: string[] = [];
    const walk = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (path === inside) continue;
        if (entry.isDirectory()) walk(path);
        else found.push(path.slice(this.#folder.length));
      }
    };
    walk(join(this.#folder, "pods"));
    return found;
  }

  async status(name: string): Promise<KubeObject | undefined> {
    const admin = await this.#world.use(api).admin();
    return await admin.find(SecretProviderClassPodStatuses, name, NAMESPACE);
  }

  /** Takes the right to write status objects away, as a chart without it would. */
  async forbidStatuses(): Promise<void> {
    const [role] = driverManifests().filter(({ metadata }) => metadata.name === "secretproviderclasses-role");
    if (role === undefined) throw new Error("the driver's manifests hold no role");
    const rules = (role["rules"] as { resources: string[] }[]).filter(
      ({ resources }) => !resources.includes("secretproviderclasspodstatuses"),
    );
    await this.#apply({ ...role, rules });
  }

  async #apply(object: KubeObject): Promise<void> {
    const kube = this.#world.use(api);
    const { apiVersion = "v1", kind = "" } = object;
    const slash = apiVersion.indexOf("/");
    await kube.put(
      resource({
        group: slash < 0 ? "" : apiVersion.slice(0, slash),
        version: apiVersion.slice(slash + 1),
        kind,
        plural: `${kind.toLowerCase()}s`,
        namespaced: kind === "ServiceAccount",
      }),
      object,
    );
  }

  #unmountAll(): void {
    const mounter = this.#mounter;
    const pods = join(this.#folder, "pods");
    const walk = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (!entry.isDirectory()) continue;
        for (let state = mounter?.inspect(path); state?.kind === "mounted"; state = mounter?.inspect(path))
          mounter?.unmount(path, { detach: true });
        walk(path);
      }
    };
    if (existsSync(pods)) walk(pods);
  }
}

/** CSI 1.12, PluginCapability.Service.Type and NodeServiceCapability.RPC.Type; a controller's 0 is UNKNOWN too. */
const SERVICE_CAPABILITIES = [
  "UNKNOWN",
  "CONTROLLER_SERVICE",
  "VOLUME_ACCESSIBILITY_CONSTRAINTS",
  "GROUP_CONTROLLER_SERVICE",
];
const RPC_CAPABILITIES = ["UNKNOWN", "STAGE_UNSTAGE_VOLUME", "GET_VOLUME_STATS", "EXPAND_VOLUME"];

async function outcomeOf(call: Promise<Record<string, unknown>>): Promise<Outcome> {
  try {
    return { code: "OK", message: "", reply: await call };
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    return { code: error.codeName, message: error.details };
  }
}

function kubeconfigText({ server, caPem, credentials }: KubeConfig): string {
  const token = credentials.kind === "token" ? credentials.token : "";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "mountproof",
    clusters: [
      { name: "mountproof", cluster: { server, "certificate-authority-data": Buffer.from(caPem).toString("base64") } },
    ],
    users: [{ name: "driver", user: { token } }],
    contexts: [{ name: "mountproof", context: { cluster: "mountproof", user: "driver" } }],
  });
}

export const driver: Facet<DriverFacet> = (world) => new DriverFacet(world);
