import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { silentLog } from "../../../core/index.ts";
import { DRIVER_SERVICE_ACCOUNT, type DriverValues, type Mounter, openMounter } from "../../../driver/index.ts";
import { type Controller, type Identity, Node } from "../../../wire/gen/csi_pb.ts";
import { type CallOptions, type GrpcClient, grpcClient } from "../../../wire/grpc/index.ts";
import { type Script, ScriptedProvider } from "../../../wire/scripted-provider.ts";
import { check } from "../../check.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api } from "../api.ts";
import { type DriverOptions, type LaunchedDriver, launchDriver } from "./launch.ts";
import { CLASS, DriverObjects, NAMESPACE, POD, VOLUMES } from "./objects.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { Volumes } from "./volumes.ts";

export { CLASS, NAMESPACE, POD } from "./objects.ts";

const DRIVER_NAMESPACE = "kube-system";
/** Kubelet gives each call to a driver two minutes. */
const KUBELET_DEADLINE_MS = 120_000;

type PublishChange = {
  readonly without?: readonly string[];
  readonly readonly?: boolean;
  readonly deadlineMs?: number;
  readonly volume?: string;
};

/**
 * A driver under test between its three neighbours: an API server, a scripted provider, and a kubelet's way of
 * calling it. The reference driver runs in this process and on the scenario's clock, one given by path as a program.
 */
export class DriverFacet {
  readonly options: DriverOptions = {};
  readonly objects: DriverObjects;
  readonly #world: MountproofWorld;
  #folder = "";
  #mounter: Mounter | undefined;
  #volumes: Volumes | undefined;
  #provider: ScriptedProvider | undefined;
  #driver: LaunchedDriver | undefined;
  #clients = new Map<DescService, GrpcClient<DescService>>();
  #context: Record<string, string> = {};
  #secrets: Record<string, string> = {};
  #pod = POD;
  #podUid = "";
  #last: Outcome = { code: "none", message: "nothing was called" };
  #mark = 0;
  #worker: ChildProcess | undefined;
  /** When the call began whose length is examined. */
  began = 0;
  /** Random contents that the provider was told to return. */
  readonly contents = new Map<string, Buffer>();

  constructor(world: MountproofWorld) {
    this.#world = world;
    const { subject } = world.pass;
    this.objects = new DriverObjects(world.use(api), subject.kind === "reference" ? subject.withoutRight : undefined);
  }

  get last(): Outcome {
    return this.#last;
  }

  /** Where the journal stood before kubelet's last call. */
  get mark(): number {
    return this.#mark;
  }

  get podUid(): string {
    return this.#podUid;
  }

  get volumes(): Volumes {
    if (this.#volumes === undefined) throw new Error("this scenario has no volume yet");
    return this.#volumes;
  }

  /** Folder, API server with what the driver's chart applies, and the provider; the driver itself starts when called. */
  async prepare(): Promise<void> {
    if (this.#folder !== "") return;
    this.#folder = await this.#world.folder();
    for (const name of ["prov", "prov2", "pods"]) mkdirSync(join(this.#folder, name));
    this.#mounter = await this.#world.run.once("mounter", () => openMounter(silentLog));
    const volumes = new Volumes(join(this.#folder, "pods"), this.#mounter, () => this.#podUid);
    this.#world.scope.defer("mounts", () => volumes.unmountAll());
    this.#volumes = volumes;
    await this.objects.install(this.values);
    this.provider();
  }

  /** The chart's values that fit the release. */
  get values(): DriverValues {
    return this.#world.pass.behaviour === "upstream-1.5" ? { release: "1.5" } : {};
  }

  /** What the provider answers from now on; it is started when it was not yet. */
  async provides(...scripts: Script[]): Promise<void> {
    await this.prepare();
    const provider = this.provider().answers(...scripts);
    if (!provider.isRunning) await this.startProvider();
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

  async definePod(pod: Parameters<DriverObjects["definePod"]>[2] = {}): Promise<void> {
    await this.prepare();
    this.#pod = pod.name ?? POD;
    this.#podUid = await this.objects.definePod(this.options.nodeId ?? "node-0", {}, pod);
  }

  /** The pod that kubelet's calls are about. */
  get pod(): string {
    return this.#pod;
  }

  /** The pod anew, its volumes with these fields of a CSI volume source besides. */
  async definePodWith(csi: Readonly<Record<string, unknown>>): Promise<void> {
    await this.objects.deletePod();
    this.#podUid = await this.objects.definePod(this.options.nodeId ?? "node-0", csi);
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

  async publish(change: PublishChange = {}): Promise<Outcome> {
    const { deadlineMs = KUBELET_DEADLINE_MS, volume = "vol" } = change;
    const request = this.#publishRequest(change);
    this.#mark = this.#world.journal.mark();
    const outcome = await this.call(Node, "nodePublishVolume", request, { deadlineMs });
    this.volumes.keepTouch(volume);
    return outcome;
  }

  #publishRequest({ without = [], volume = "vol", readonly = true }: PublishChange) {
    const context: Record<string, string> = {
      secretProviderClass: VOLUMES[volume] ?? CLASS,
      "csi.storage.k8s.io/pod.name": this.#pod,
      "csi.storage.k8s.io/pod.namespace": NAMESPACE,
      "csi.storage.k8s.io/pod.uid": this.#podUid,
      "csi.storage.k8s.io/serviceAccount.name": "default",
      "csi.storage.k8s.io/ephemeral": "true",
      ...this.#context,
    };
    if (without.includes("secretProviderClass")) delete context["secretProviderClass"];
    return {
      ...(!without.includes("volume id") && { volumeId: `csi-${this.#podUid}-${volume}` }),
      ...(!without.includes("target path") && { targetPath: this.volumes.target(volume) }),
      ...(!without.includes("volume capability") && {
        volumeCapability: { accessType: { case: "mount" as const, value: {} } },
      }),
      ...(!without.includes("context") && { volumeContext: context }),
      readonly,
      secrets: this.#secrets,
    };
  }

  /** Two equal calls at the same moment; the one that failed, if any, is the outcome. */
  async publishTwice(): Promise<void> {
    await this.start();
    const client = this.#client(Node) as unknown as GrpcClient<typeof Node>;
    const request = this.#publishRequest({});
    const both = [1, 2].map(() => outcomeOf(client.nodePublishVolume(request, { deadlineMs: KUBELET_DEADLINE_MS })));
    const outcomes = await this.#world.settle(Promise.all(both), 600_000);
    this.#last = outcomes.find(({ code }) => code !== "OK") ?? outcomes[0] ?? this.#last;
  }

  async unpublish(without: readonly string[] = [], volume = "vol"): Promise<Outcome> {
    this.#mark = this.#world.journal.mark();
    return await this.call(Node, "nodeUnpublishVolume", {
      ...(!without.includes("volume id") && { volumeId: `csi-${this.#podUid}-${volume}` }),
      ...(!without.includes("target path") && { targetPath: this.volumes.target(volume) }),
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
    if (this.#mounter === undefined) throw new Error("the scenario is not prepared");
    this.#driver = await launchDriver(this.#world, this.options, {
      folder: this.#folder,
      socket: this.#socket,
      providersDir: this.providerFolder,
      additionalProvidersDir: join(this.#folder, "prov2"),
      kubeConfig: await this.#world.use(api).configOf(DRIVER_NAMESPACE, DRIVER_SERVICE_ACCOUNT),
      mounter: this.#mounter,
    });
  }

  async drain(): Promise<void> {
    if (this.#driver?.drain === undefined) this.#world.skip("this driver can only be told by a signal");
    await this.#driver.drain();
  }

  /** A publish at one point of which the driver is killed; it is started again by the next call. */
  async publishKilledAt(point: string): Promise<void> {
    const { subject } = this.#world.pass;
    if (subject.kind === "driver") {
      if (subject.start === undefined) return await this.#publishKilledInMount(point);
      // Which comes to no points at all: it does what it does, and dies.
      await this.publish();
      await this.kill();
      return;
    }
    if (this.#driver !== undefined) await this.kill();
    let dying: Promise<void> | undefined;
    this.options.onPoint = (name) => {
      if (name === point && dying === undefined) dying = this.#driver?.kill();
      return undefined;
    };
    await this.publish();
    check(dying !== undefined, "the publish comes to that point", { expected: point, got: "another way" });
    delete this.options.onPoint;
    await dying;
    await this.kill();
  }

  /** What a program does inside cannot be told; that it asks its provider can, and by then it has mounted. */
  async #publishKilledInMount(point: string): Promise<void> {
    if (point !== "after mount") this.#world.skip(`a driver's program does not tell that it is "${point}"`);
    const provider = this.provider();
    const whenAsked = provider.holdsNext();
    const publishing = this.publish();
    const isAsked = await Promise.race([whenAsked.then(() => true), publishing.then(() => false)]);
    check(isAsked, "the publish comes to its provider", { expected: "a Mount call", got: this.#last.code });
    const calls = provider.calls.length;
    await this.kill();
    await publishing;
    // Kubelet's next call is the one that is examined.
    provider.calls.length = calls - 1;
  }

  /** A program whose working directory is the volume. */
  async workInside(): Promise<void> {
    this.volumes.checkExists();
    const child = spawn("sleep", ["600"], { cwd: this.volumes.target(), stdio: "ignore" });
    await once(child, "spawn");
    this.#worker = child;
    this.#world.scope.defer("process inside the volume", () => this.endWorkInside());
  }

  async endWorkInside(): Promise<void> {
    const child = this.#worker;
    this.#worker = undefined;
    if (child === undefined) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  /** Dies without a goodbye; its socket file stays. */
  async kill(): Promise<void> {
    await this.start();
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
    await this.#driver?.kill();
    this.#driver = undefined;
    if (!existsSync(this.#socket)) writeFileSync(this.#socket, "");
  }

  /** The lines of one metric, as a scraper reads them. */
  async metric(name: string): Promise<string> {
    const text = (await this.#driver?.metrics()) ?? "";
    return text
      .split("\n")
      .filter((line) => line.startsWith(name))
      .join("\n");
  }

  readonly digest = (content: Uint8Array): string => this.#world.run.digester.digest(content);
}

export const driver: Facet<DriverFacet> = (world) => new DriverFacet(world);
