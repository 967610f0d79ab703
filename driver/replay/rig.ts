import type { ChildProcess } from "node:child_process";
import { existsSync, lstatSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type DescService, fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import { silentLog, waiting } from "../../core/index.ts";
import { Controller, Identity, Node } from "../../wire/gen/csi_pb.ts";
import { GrpcError, GrpcStatus, grpcClient } from "../../wire/grpc/index.ts";
import { files, type Script, ScriptedProvider } from "../../wire/scripted-provider.ts";
import { type DriverSpec, openMounter, type RunningDriver } from "../index.ts";
import type { ApiStandIn } from "../testing/api-stand-in.ts";
import { Rig } from "../testing/rig.ts";
import { act, endOf, flagSpec, leaveAtEndpoint, leavesAtEndpoint, restarts } from "./actions.ts";
import { PASSED_MS, PUBLISHED_BEFORE, UNPUBLISHED_BEFORE } from "./between.ts";
import { COMPUTED } from "./computed.ts";
import { deltaOf, seriesOf } from "./metrics-delta.ts";
import { objectOf, PLURALS } from "./objects.ts";
import { targetOf } from "./place.ts";
import {
  nameOf,
  type Probe,
  type RecordedEvent,
  type RecordedSecret,
  type RecordedStatus,
  type RecordedTarget,
  type SetupStep,
} from "./probe.ts";
import { intervalOf, scriptOf, specOf } from "./script.ts";
import { entriesOf, modeOf, shownCall, shownEvent, shownSecret, shownStatus, withoutTime } from "./shown.ts";
import { type SpoilableMounter, spoilable } from "./spoiled.ts";
import { type Ended, prepareMetricsPage, publishRequest, tell } from "./told.ts";

/** What a probe came to here, in the words of the recording. */
export type Played = Ended & {
  readonly calls: readonly unknown[];
  readonly target: RecordedTarget;
  readonly statuses: readonly RecordedStatus[];
  readonly secrets: readonly RecordedSecret[];
  readonly events: readonly RecordedEvent[];
  readonly counted: Readonly<Record<string, number>>;
  /** The metrics page, where that was asked for. */
  readonly lines: readonly string[];
};

/** What the driver is to be, and where it mounts. */
export type ReplayOptions = Pick<DriverSpec, "behaviour" | "mounter">;

type Call = (request: unknown, options: { deadlineMs: number }) => Promise<unknown>;

const FAR_FUTURE_MS = 120_000;
const SHORT_INTERVAL_MS = 1;

/** Plays the recorded probes of one file, in their order, on one driver, provider and API stand-in. */
export class ReplayRig implements AsyncDisposable {
  readonly mounter: SpoilableMounter;
  /** A process that works inside a volume. */
  busy: ChildProcess | undefined;
  readonly #rig: Rig;
  readonly #others = new Map<string, ScriptedProvider>();
  readonly #afterProbe: (() => unknown)[] = [];
  /** What was set off during the call. */
  readonly #under: Promise<void>[] = [];
  #flags = JSON.stringify([[]]);
  #spec: Partial<DriverSpec> = {};
  #before = new Map<string, number>();
  /** Calls of each provider that came before. */
  #seen: number[] = [];

  private constructor(rig: Rig, mounter: SpoilableMounter) {
    this.#rig = rig;
    this.mounter = mounter;
  }

  static async start(recording: string, options: ReplayOptions): Promise<ReplayRig> {
    const nodeId = `rec-${recording}`;
    const mounter = spoilable(options.mounter ?? (await openMounter(silentLog)));
    // The process of the real driver ends in a panic.
    const onPanic = (): void => void rig.killDriver();
    const rig = await Rig.start({ ...options, mounter, nodeId, onPanic });
    await rig.pass(1);
    return new ReplayRig(rig, mounter);
  }

  get tellsModes(): boolean {
    return this.mounter.kind === "tmpfs";
  }

  get folder(): string {
    return this.#rig.folder;
  }

  get api(): ApiStandIn {
    return this.#rig.api;
  }

  get provider(): ScriptedProvider {
    return this.#rig.provider;
  }

  get driver(): RunningDriver {
    return this.#rig.driver;
  }

  now(): number {
    return this.#rig.clock.now();
  }

  async play(probe: Probe): Promise<Played> {
    const rig = this.#rig;
    const call = typeof probe.request === "string" ? { method: "told" } : probe.request;
    const { method, deadline_ms: deadlineMs = FAR_FUTURE_MS, ...recorded }: JsonObject = call;
    const target = targetOf(rig.folder, probe);
    await this.#useFlags(probe);
    const { "csi.storage.k8s.io/pod.namespace": namespace = "" } = (recorded["volume_context"] ?? {}) as Record<
      string,
      string
    >;
    for (const step of probe.setup ?? []) await this.#setUp({ namespace, ...step }, probe, target);
    if (PUBLISHED_BEFORE.has(nameOf(probe))) await this.publishBefore(probe, target);
    if (probe.request === "GET /metrics") await prepareMetricsPage(this, probe.title);
    this.#script(probe);
    this.#refuseAsRecorded(probe);
    await this.#letTimePass(probe, target);
    if (UNPUBLISHED_BEFORE.has(nameOf(probe))) await this.unpublish(target);
    if (probe.title === "file removed, next publish") rmSync(target);
    this.countFromNow();

    const request = JSON.parse(JSON.stringify(recorded).replaceAll('"<target>"', JSON.stringify(target))) as JsonObject;
    const umask = probe.title === "driver started with umask 077" ? process.umask(0o077) : undefined;
    const outcome =
      method === "told"
        ? await tell(this, probe, target)
        : await this.call(String(method), request, Number(deadlineMs));
    if (umask !== undefined) process.umask(umask);
    const passed = PASSED_MS[probe.title];
    if (passed !== undefined) await rig.pass(passed);
    await Promise.all(this.#under.splice(0));
    await rig.pass(0); // a driver may still be busy with a call that was given up
    for (const work of this.#afterProbe.splice(0)) await work();

    const calls = this.#providers.flatMap((provider, index) => provider.calls.slice(this.#seen[index])).map(shownCall);
    const played = {
      ...outcome,
      calls,
      statuses: rig.api.list("secretproviderclasspodstatuses").map(shownStatus),
      secrets: rig.api.list("secrets").map(shownSecret),
      events: rig.api.list("events").map(shownEvent),
      counted: rig.hasDriver ? deltaOf(this.#before, seriesOf(rig.driver.metrics.text())) : {},
      lines: probe.request === "GET /metrics" ? rig.driver.metrics.text().trimEnd().split("\n") : [],
      target: this.#look(target),
    };
    const plain = withoutTime(JSON.stringify(played)).replaceAll(target, "<target>").replaceAll(rig.folder, "<dir>");
    return JSON.parse(plain) as Played;
  }

  /** A call on the driver's socket, as long as virtual time needs. */
  async call(method: string, request: JsonObject, deadlineMs = FAR_FUTURE_MS): Promise<Ended> {
    return await this.#rig.settle(this.#send(method, request, deadlineMs));
  }

  /** Several at once. */
  async callAll(method: string, requests: readonly JsonObject[]): Promise<Ended[]> {
    return await this.#rig.settle(Promise.all(requests.map((request) => this.#send(method, request, FAR_FUTURE_MS))));
  }

  /** The volume as it was before the probe, though no probe says so. */
  async publishBefore(probe: Probe, target: string): Promise<void> {
    const pod = probe.setup?.find(({ kind }) => kind === "Pod");
    const { secretProviderClass = "" } = (pod?.volumes?.[0]?.csi["volumeAttributes"] ?? {}) as Record<string, string>;
    const busy = probe.title === "unpublish a busy target";
    this.provider.answers(busy ? files({ ".dot": "x", "d/a": "y" }) : files({ a: "one" }, "one"));
    const request = publishRequest(pod?.name ?? "", secretProviderClass, pod?.namespace ?? "", target);
    const { code, message } = await this.call("NodePublishVolume", request);
    if (code !== "OK") throw new Error(`${nameOf(probe)}: nothing could be published before: ${code} ${message}`);
  }

  async unpublish(target: string): Promise<void> {
    await this.call("NodeUnpublishVolume", { volume_id: "x", target_path: target });
  }

  /** Kubelet's path of a pod's volume. */
  volume(pod: string): string {
    const request = { volume_id: `csi-${pod}-vol` };
    return targetOf(this.folder, { case: "", title: "", request, response: { code: "", message: "" } });
  }

  async serve(directory: string, name: string): Promise<void> {
    const path = join(this.folder, directory, `${name}.sock`);
    if (this.#others.has(`${directory}/${name}`)) return;
    this.#others.set(`${directory}/${name}`, await new ScriptedProvider(this.#rig.clock, path).start());
  }

  other(directory: string, name: string): ScriptedProvider {
    const other = this.#others.get(`${directory}/${name}`);
    if (other === undefined) throw new Error(`no provider ${name} in ${directory}`);
    return other;
  }

  failing(): GrpcError {
    return new GrpcError(GrpcStatus.INTERNAL, "");
  }

  /** Within the next call, unless time stands still. */
  later(ms: number, work: () => unknown): void {
    const { clock } = this.#rig;
    clock.timer(ms, () => this.#under.push(waiting(clock, "what happens in between", async () => void (await work()))));
  }

  afterProbe(work: () => unknown): void {
    this.#afterProbe.push(work);
  }

  async pass(ms: number): Promise<void> {
    await this.#rig.pass(ms);
  }

  /** The release's gate reads the folder's age. */
  unstamp(target: string): void {
    if (existsSync(target) && lstatSync(target).isDirectory()) utimesSync(target, 0, 0);
  }

  stamp(target: string): void {
    utimesSync(target, this.now() / 1000, this.now() / 1000);
  }

  countFromNow(): void {
    this.#seen = this.#providers.map((provider) => provider.calls.length);
    this.#before = this.#rig.hasDriver ? seriesOf(this.#rig.driver.metrics.text()) : new Map();
  }

  async restart(change: Partial<DriverSpec> = {}): Promise<void> {
    await this.stop();
    await this.#rig.startDriver({ ...this.#spec, ...change });
    await this.#rig.pass(1);
  }

  async stop(): Promise<void> {
    if (this.#rig.hasDriver) await this.#rig.stopDriver();
  }

  async kill(): Promise<void> {
    await this.#rig.killDriver();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endOf(this.busy);
    for (const provider of this.#others.values()) await provider.stop();
    await this.#rig[Symbol.asyncDispose]();
  }

  get #providers(): ScriptedProvider[] {
    return [this.#rig.provider, ...this.#others.values()];
  }

  async #useFlags(probe: Probe): Promise<void> {
    const flag = probe.setup?.find((step) => step.flag !== undefined)?.flag;
    const actions = probe.setup?.flatMap(({ action = "" }) => action) ?? [];
    const wanted = JSON.stringify([probe.driverFlags ?? [], ...(flag === undefined ? [] : [flag])]);
    const left = actions.find(leavesAtEndpoint);
    if (wanted === this.#flags && left === undefined && !actions.some(restarts) && this.#rig.hasDriver) return;
    this.#flags = wanted;
    await this.stop();
    if (left !== undefined) await leaveAtEndpoint(join(this.folder, "csi.sock"), left);
    this.#spec = { ...specOf(probe.driverFlags ?? []), ...(flag !== undefined && flagSpec(flag, this.folder)) };
    await this.restart();
  }

  async #setUp(step: SetupStep, probe: Probe, target: string): Promise<void> {
    const plural = PLURALS[step.kind ?? ""];
    if (plural === undefined) {
      await act(step.action ?? "", { rig: this, probe, target });
      if (step.flag?.includes("provider-volume-paths") === true) await this.serve("prov2", "pad");
      return;
    }
    this.api.put(plural, objectOf(step));
    await this.#rig.pass(1); // the driver's watch delivers it
  }

  #script(probe: Probe): void {
    // Who tells a request in words answers it, too, when the answers were made up.
    if (typeof probe.request === "string" && COMPUTED[nameOf(probe)] === undefined && isMadeUp(probe)) return;
    const scripts = (probe.providerReplies ?? []).map((reply): Script => {
      if (reply !== "computed") return scriptOf(reply, this.#rig.clock);
      const computed = COMPUTED[nameOf(probe)];
      if (computed === undefined) throw new Error(`${nameOf(probe)}: how was the answer made?`);
      return computed;
    });
    if (scripts.length > 0) for (const provider of this.#providers) provider.answers(...scripts);
  }

  /** The stand-in neither validates names nor knows rights: what the API server said is said once more. */
  #refuseAsRecorded(probe: Probe): void {
    const said = /^failed to create secret provider class pod status for pod \S+, err: (.*)$/s.exec(
      probe.response.message,
    )?.[1];
    if (said === undefined) return;
    const isForbidden = said.includes(" is forbidden: ");
    const status = isForbidden ? { code: 403, reason: "Forbidden" } : { code: 422, reason: "Invalid" };
    this.api.refuse(/^POST .*podstatuses$/, { ...status, message: said }, 1);
  }

  /** Between probes: an interval that is over at once, or as the probe's title tells it. */
  async #letTimePass({ driverFlags = [], title }: Probe, target: string): Promise<void> {
    const rotates = driverFlags.includes("--enable-secret-rotation");
    const interval = intervalOf(driverFlags);
    if (rotates && interval === SHORT_INTERVAL_MS) await this.#rig.pass(10);
    if (title.startsWith("after the interval")) await this.#rig.pass(interval + 100);
    if (!rotates || interval === SHORT_INTERVAL_MS) this.unstamp(target);
    else if (existsSync(target) && lstatSync(target).mtimeMs === 0) this.stamp(target);
  }

  async #send(method: string, request: JsonObject, deadlineMs: number): Promise<Ended> {
    const path = join(this.folder, "csi.sock");
    const name = `${method.charAt(0).toLowerCase()}${method.slice(1)}`;
    const service = [Identity, Controller, Node].find((one) => name in one.method) as DescService | undefined;
    const descriptor = service?.method[name];
    if (service === undefined || descriptor === undefined) throw new Error(`no method ${method}`);
    const client = grpcClient(service, { clock: this.#rig.clock, target: { path } });
    try {
      const call = (client as unknown as Record<string, Call>)[name];
      const answer = await call?.(fromJson(descriptor.input, request), { deadlineMs });
      const value = toJson(descriptor.output, answer as never, { useProtoFieldName: true }) as JsonObject;
      return { code: "OK", message: "", ...(Object.keys(value).length > 0 && { value }) };
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      const code = Object.entries(GrpcStatus).find(([, number]) => number === error.code)?.[0] ?? String(error.code);
      return { code, message: error.details };
    } finally {
      client.close();
    }
  }

  /** As somebody sees it who looks at the folder: a dead mount cannot even be looked at. */
  #look(target: string): RecordedTarget {
    const state = this.mounter.inspect(target);
    if (!existsSync(target) || state.kind === "dead") return { exists: false, mounted: false };
    return {
      exists: true,
      mounted: state.kind === "mounted",
      mode: modeOf(target),
      entries: lstatSync(target).isDirectory() ? entriesOf(target) : [],
    };
  }
}

function isMadeUp({ providerReplies = [] }: Probe): boolean {
  return providerReplies.includes("computed");
}
