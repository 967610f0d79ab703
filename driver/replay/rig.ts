import { existsSync, linkSync, lstatSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { type DescService, fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import type { KubeObject } from "../../kube/index.ts";
import { type Script, ScriptedProvider } from "../../suite/parts/scripted-provider.ts";
import { Controller, Identity, Node } from "../../wire/gen/csi_pb.ts";
import { GrpcError, GrpcStatus, grpcClient } from "../../wire/grpc/index.ts";
import type { DriverSpec } from "../index.ts";
import { Rig } from "../testing/rig.ts";
import { COMPUTED } from "./computed.ts";
import { nameOf, type Probe, type RecordedStatus, type RecordedTarget, type SetupStep } from "./probe.ts";
import { scriptOf, specOf } from "./script.ts";
import { entriesOf, modeOf, shownCall, shownStatus, withoutTime } from "./shown.ts";

/** What a probe came to here, in the words of the recording. */
export type Played = {
  readonly code: string;
  readonly message: string;
  readonly value?: unknown;
  readonly calls: readonly unknown[];
  readonly target: RecordedTarget;
  readonly statuses: readonly RecordedStatus[];
};

/** What the driver is to be, and where it mounts. */
export type ReplayOptions = Pick<DriverSpec, "behaviour" | "mounter">;

type Call = (request: unknown, options: { deadlineMs: number }) => Promise<unknown>;

const PLURALS: Readonly<Record<string, string>> = {
  SecretProviderClass: "secretproviderclasses",
  SecretProviderClassPodStatus: "secretproviderclasspodstatuses",
};
/** Paths of their own; the rest is named after the volume. */
const TARGETS: Readonly<Record<string, string>> = {
  "B17 publish to a target with [ in it": "b17[1]",
  "B17 unpublish a target with [1] in it": "b17[1]",
  "B17 publish to a target with an unclosed [": "b17[",
  "B17 unpublish a target with an unclosed [": "b17[",
};
/** The recording shows the folder empty again without saying how. */
const UNPUBLISHED_BEFORE: ReadonlySet<string> = new Set(["CSI-11 publish without secretProviderClass"]);
/** How long the recording looked on afterwards. */
const PASSED_MS: Readonly<Record<string, number>> = {
  "health check on, no provider used yet, 2.5 s": 2_500,
  "health check on: publish, then 3.3 s": 3_300,
  "Version fails: publish unaffected": 1_000,
};
/** As the recording says it. */
const NO_CALL = { code: "-", message: "" };
const FAR_FUTURE_MS = 120_000;

/** Plays the recorded probes of one file, in their order, on one driver, provider and API stand-in. */
export class ReplayRig implements AsyncDisposable {
  readonly #rig: Rig;
  readonly #others = new Map<string, ScriptedProvider>();
  #flags = JSON.stringify([[]]);

  private constructor(rig: Rig) {
    this.#rig = rig;
  }

  static async start(recording: string, options: ReplayOptions): Promise<ReplayRig> {
    const nodeId = `rec-${recording}`;
    const rig = await Rig.start({ ...options, nodeId });
    await rig.pass(1); // until the driver's watch is open
    return new ReplayRig(rig);
  }

  get tellsModes(): boolean {
    return this.#rig.mounter.kind === "tmpfs";
  }

  async play(probe: Probe): Promise<Played> {
    const rig = this.#rig;
    const call = typeof probe.request === "string" ? { method: "none" } : probe.request;
    const { method, deadline_ms: deadlineMs = FAR_FUTURE_MS, ...recorded }: JsonObject = call;
    const target = this.#targetOf(probe, recorded);
    await this.#useFlags(probe);
    const { "csi.storage.k8s.io/pod.namespace": namespace = "" } = (recorded["volume_context"] ?? {}) as Record<
      string,
      string
    >;
    for (const step of probe.setup ?? []) await this.#setUp({ namespace, ...step }, target);
    this.#script(probe);
    this.#refuseAsRecorded(probe);
    const before = this.#providers.map((provider) => provider.calls.length);
    await this.#letTimePass(probe, target);
    if (UNPUBLISHED_BEFORE.has(nameOf(probe)))
      await rig.settle(this.#call("NodeUnpublishVolume", { volume_id: "x", target_path: target }, FAR_FUTURE_MS));

    const request = JSON.parse(JSON.stringify(recorded).replaceAll('"<target>"', JSON.stringify(target))) as JsonObject;
    const outcome =
      method === "none" ? NO_CALL : await rig.settle(this.#call(String(method), request, Number(deadlineMs)));
    const passed = PASSED_MS[probe.title];
    if (passed !== undefined) await rig.pass(passed);

    const plain = (text: string): string =>
      withoutTime(text)
        .replaceAll(target, "<target>")
        .replaceAll(rig.folder, "<dir>")
        // The recording's folders are kubelet's.
        .replace(
          /<dir>\/pods\/uid-replay\/volumes\/kubernetes\.io~csi\/csi-([^/]+)-([^/-]+)\/mount/g,
          (_all, pod, volume) =>
            join("<dir>/kubelet/pods", `<uid:${pod}>`, "volumes/kubernetes.io~csi", volume, "mount"),
        );
    const calls = this.#providers.flatMap((provider, index) => provider.calls.slice(before[index])).map(shownCall);
    const statuses = rig.api.list("secretproviderclasspodstatuses").map(shownStatus);
    return JSON.parse(
      plain(
        JSON.stringify({
          ...outcome,
          calls,
          statuses,
          target: this.#look(target),
        }),
      ),
    ) as Played;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const provider of this.#others.values()) await provider.stop();
    await this.#rig[Symbol.asyncDispose]();
  }

  get #providers(): ScriptedProvider[] {
    return [this.#rig.provider, ...this.#others.values()];
  }

  #targetOf(probe: Probe, request: JsonObject): string {
    if (probe.title === "sanity hook target <target>") return "/tmp/csi/mount";
    const name = TARGETS[nameOf(probe)] ?? String(request["volume_id"] ?? "none");
    return this.#rig.target("replay", name);
  }

  async #useFlags(probe: Probe): Promise<void> {
    const flag = probe.setup?.find((step) => step.flag !== undefined)?.flag;
    const wanted = JSON.stringify([probe.driverFlags ?? [], ...(flag === undefined ? [] : [flag])]);
    const stale = probe.setup?.find((step) => step.action !== undefined && /stale|SIGKILL/.test(step.action));
    if (wanted === this.#flags && stale === undefined) return;
    this.#flags = wanted;
    await this.#rig.stopDriver();
    if (stale !== undefined) await leaveAtEndpoint(join(this.#rig.folder, "csi.sock"), stale.action ?? "");
    const paths = flag === undefined ? undefined : /^--additional-provider-volume-paths "([^"]*)"/.exec(flag)?.[1];
    await this.#rig.startDriver({
      ...specOf(probe.driverFlags ?? []),
      ...(paths !== undefined && { additionalProvidersDirs: paths.replaceAll("<dir>", this.#rig.folder) }),
    });
    await this.#rig.pass(1);
  }

  async #setUp(step: SetupStep, target: string): Promise<void> {
    const plural = PLURALS[step.kind ?? ""];
    if (plural !== undefined) {
      const { kind = "", name = "", namespace = "", labels, annotations, spec, status } = step;
      const isShared = status !== undefined;
      this.#rig.api.put(plural, {
        apiVersion: "secrets-store.csi.x-k8s.io/v1",
        kind,
        metadata: {
          name,
          namespace,
          ...(labels && { labels }),
          ...(annotations && { annotations }),
          ...(isShared && { ownerReferences: ["one", "two"].map((pod) => ownerNamed(pod)) }),
        },
        ...(spec !== undefined && { spec }),
        ...(isShared && { status }),
      } as KubeObject);
      // The driver's watch delivers it.
      await this.#rig.pass(1);
      return;
    }
    await this.#act(step.action ?? "", target);
    if (step.flag !== undefined) await this.#serve("prov2", "pad");
  }

  async #act(action: string, target: string): Promise<void> {
    const { folder, provider } = this.#rig;
    switch (action) {
      case "target is a plain directory with f, .h and sub/":
        mkdirSync(join(target, "sub"), { recursive: true });
        for (const name of ["f", ".h"]) writeFileSync(join(target, name), "x");
        return;
      case "target path is a plain file":
        return writeFileSync(target, "x", { mode: 0o644 });
      case "socket file deaf.sock without a listener":
        return await leaveSocket(join(folder, "prov", "deaf.sock"));
      case "both.sock served in --provider-volume and in --additional-provider-volume-paths":
        await this.#serve("prov", "both");
        return await this.#serve("prov2", "both");
      case "provider in the additional dir stopped, its socket removed; the one in --provider-volume still serves":
        return await this.#others.get("prov2/both")?.stop();
      case "provider in the additional dir serves again at the same path":
        return void (await this.#others.get("prov2/both")?.start());
      case "late.sock served now":
        return await this.#serve("prov", "late");
      case "Version answers Internal":
        return provider.failsVersion(new GrpcError(GrpcStatus.INTERNAL, "no version"));
      case "provider stopped, socket removed":
        return await provider.stop();
      case "provider started again on the same path":
        return void (await provider.start());
    }
    if (action !== "" && !/stale|SIGKILL/.test(action)) throw new Error(`no such action here: ${action}`);
  }

  async #serve(directory: string, name: string): Promise<void> {
    const path = join(this.#rig.folder, directory, `${name}.sock`);
    if (this.#others.has(`${directory}/${name}`)) return;
    this.#others.set(`${directory}/${name}`, await new ScriptedProvider(this.#rig.clock, path).start());
  }

  #script(probe: Probe): void {
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
    this.#rig.api.refuse(/^POST .*podstatuses$/, { ...status, message: said }, 1);
  }

  /** Between republishes. The release's gate reads the folder's age, which the disk's clock gives. */
  async #letTimePass({ driverFlags = [] }: Probe, target: string): Promise<void> {
    if (driverFlags.includes("--enable-secret-rotation")) await this.#rig.pass(10);
    if (existsSync(target) && lstatSync(target).isDirectory()) utimesSync(target, 0, 0);
  }

  async #call(
    method: string,
    request: JsonObject,
    deadlineMs: number,
  ): Promise<Pick<Played, "code" | "message" | "value">> {
    const path = join(this.#rig.folder, "csi.sock");
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

  #look(target: string): RecordedTarget {
    if (!existsSync(target)) return { exists: false, mounted: false };
    return {
      exists: true,
      mounted: this.#rig.mounter.inspect(target).kind === "mounted",
      mode: modeOf(target),
      entries: lstatSync(target).isDirectory() ? entriesOf(target) : [],
    };
  }
}

function ownerNamed(pod: string): unknown {
  return { apiVersion: "v1", kind: "Pod", name: pod, uid: `uid-${pod}` };
}

async function leaveAtEndpoint(path: string, action: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  if (action.includes("SIGKILL")) await leaveSocket(path);
  else writeFileSync(path, "stale");
}

/** A socket that nobody listens on any more: bound under another name, so that closing does not take it away. */
async function leaveSocket(path: string): Promise<void> {
  const bound = `${path}.bound`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(bound, resolve));
  linkSync(bound, path);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
