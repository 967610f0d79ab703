import { existsSync } from "node:fs";
import { readdir, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "../../../../kube/types.ts";
import type { Program } from "../containers/program.ts";
import { plainMountMarker } from "../mounts.ts";
import { CsiDrivers, Pods, Secrets } from "../resources.ts";
import type { Container, CsiDriver, Pod, PodSpec } from "../types.ts";
import { callLine, observe } from "./observe.ts";
import type { RecordedDriver } from "./recorded-driver.ts";
import { type RecordedStep, type Recording, sortLines } from "./recording.ts";
import { Rig } from "./rig.ts";

/** The program of the recordings' image: `sleep [S [T]]` ends after S seconds (0: never) and takes T to stop. */
export function recordedProgram({ command, args = [] }: Container): Program | undefined {
  if (command?.[0] === "/nosuch")
    return {
      startError:
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/nosuch": stat /nosuch: no such file or directory',
    };
  const [name, after = "0", stop = "0"] = args;
  if (name === "ls") return { exitAfterMs: 0 };
  return { ...(after !== "0" && { exitAfterMs: Number(after) * 1000 }), stopMs: Number(stop) * 1000 };
}

/** Takes the steps of a recording again, at the moments at which they were taken, and records what happens. */
export async function replay(recording: Recording, seed = 5): Promise<Recording> {
  await using rig = await Rig.start({ seed, kubeVersion: "1.34", program: recordedProgram });
  const start = rig.clock.now();
  const { kubeletRoot: root } = rig.paths;
  await using observed = await observe(rig.client, rig.clock, { root });
  const world = new World(rig);
  for (const step of recording.steps) {
    await rig.clock.advance(Math.max(0, start + step.t * 1000 - rig.clock.now()));
    await world.take(step);
  }
  const last = Math.max(
    ...Object.values(recording).flatMap((kind: readonly { t: number }[]) => kind.map(({ t }) => t)),
  );
  await rig.clock.advance(Math.max(0, start + last * 1000 - rig.clock.now()));
  const calls = rig.calls.map((call) => callLine(call, start, observed.names, root));
  return sortLines([...observed.lines, ...calls].toSorted((a, b) => a.t - b.t));
}

class World {
  readonly #rig: Rig;
  readonly #drivers = new Map<string, RecordedDriver>();
  readonly #controls = new Map<string, Readonly<Record<string, string>>>();
  #namespace = "";

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  async take(step: RecordedStep): Promise<void> {
    const { client } = this.#rig;
    const { object } = step;
    if (step.status !== undefined && step.status >= 400) return;
    if (step.do === "create CSIDriver") await client.create(CsiDrivers, defaulted(object as unknown as CsiDriver));
    else if (step.do === "patch CSIDriver")
      await client.patch(CsiDrivers, { name: step.driver ?? "" }, "merge", { spec: step.spec });
    else if (step.do === "delete CSIDriver") await client.delete(CsiDrivers, { name: step.driver ?? "" });
    else if (step.do === "start driver") await this.#startDriver(step);
    else if (step.do === "signal driver") await this.#drivers.get(step.driver ?? "")?.stop(step.signal ?? "");
    else if (step.do === "driver control") this.#control(step);
    else if (step.do.startsWith("remove the registration socket"))
      await unlink(this.#drivers.get(step.driver ?? "")?.registrationSocket ?? "");
    else if (step.do === "create Pod") await this.#createPod(object as unknown as Pod);
    else if (step.do === "create Job") await this.#createJobPod(object as unknown as JobObject);
    else if (step.do === "end") await this.#endJob();
    else if (step.do === "delete Pod" || step.do.startsWith("evict Pod")) await this.#deletePod(step);
    else if (step.do === "patch Pod annotations")
      await client.patch(Pods, this.#target(step), "merge", { metadata: { annotations: step.annotations } });
    else if (step.do === "create Secret" || step.do === "replace Secret")
      await this.#putSecret(object as unknown as SecretObject);
    else if (step.do === "delete Secret")
      await client.delete(Secrets, { name: step.secret ?? "", namespace: this.#namespace });
    else if (step.do === "delete ServiceAccount app")
      return; // the API in memory has no ServiceAccounts; no token is asked for afterwards
    else if (step.do === "stop kubelet") await this.#rig.stopKubelet();
    else if (step.do === "start kubelet") await this.#rig.startKubelet();
    else if (step.do === "umount the target by hand") await this.#unmount(step.pod ?? "");
    else if (step.do === "remove vol_data.json by hand")
      await unlink(join(await this.#volumeOf(step.pod ?? ""), "vol_data.json"));
    else if (!REMARKS.has(step.do)) throw new Error(`the replay does not know the step "${step.do}"`);
  }

  #target(step: RecordedStep): { name: string; namespace: string } {
    return { name: step.pod ?? "", namespace: this.#namespace };
  }

  async #startDriver(step: RecordedStep): Promise<void> {
    const flags = new Map((step.flags ?? []).map((flag) => flag.replace(/^-/, "").split("=") as [string, string]));
    const name = step.driver ?? "";
    this.#drivers.set(name, await this.#rig.startDriver(name, flags, this.#controls.get(name)));
  }

  /** What a driver is told holds before it starts, too. */
  #control(step: RecordedStep): void {
    this.#controls.set(step.driver ?? "", step.control ?? {});
    const driver = this.#drivers.get(step.driver ?? "");
    if (driver !== undefined) driver.control = step.control ?? {};
  }

  async #createPod(pod: Pod): Promise<void> {
    this.#namespace = pod.metadata.namespace;
    const spec = { serviceAccountName: "default", ...pod.spec } as PodSpec & { nodeSelector?: object };
    const isBound = spec.nodeSelector === undefined;
    await this.#rig.client.create(Pods, { ...pod, spec: { ...spec, ...(isBound && { nodeName: "node-0" }) } } as Pod &
      KubeObject);
  }

  /** The controller's part is not what is replayed here: the pod that the Job got. */
  async #createJobPod({ metadata, spec }: JobObject): Promise<void> {
    await this.#createPod({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `${metadata.name}-npq99`, namespace: metadata.namespace },
      spec: spec.template.spec,
    } as unknown as Pod);
  }

  /** The experiment's namespace goes at its end, and the Job's pod with it. */
  async #endJob(): Promise<void> {
    const { items } = await this.#rig.client.list(Pods);
    for (const { metadata } of items)
      if (metadata.name.startsWith("job-"))
        await this.#rig.client.delete(Pods, { name: metadata.name, namespace: metadata.namespace });
  }

  async #deletePod(step: RecordedStep): Promise<void> {
    const name = step.pod ?? "";
    const { gracePeriodSeconds } = step;
    const found = await this.#rig.client.find(Pods, name, this.#namespace);
    if (found === undefined) return;
    await this.#rig.client.delete(
      Pods,
      { name, namespace: this.#namespace },
      gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
    );
  }

  async #putSecret({ metadata, data, stringData = {} }: SecretObject): Promise<void> {
    const encoded = Object.fromEntries(
      Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
    );
    const { name, namespace } = metadata;
    this.#namespace = namespace;
    const secret = { apiVersion: "v1", kind: "Secret", metadata, data: { ...data, ...encoded } };
    const known = await this.#rig.client.find(Secrets, name, namespace);
    if (known === undefined) await this.#rig.client.create(Secrets, secret);
    else await this.#rig.client.update(Secrets, { ...secret, metadata: known.metadata });
  }

  async #volumeOf(pod: string): Promise<string> {
    const { metadata } = await this.#rig.client.get(Pods, pod, this.#namespace);
    return join(this.#rig.paths.kubeletRoot, "pods", metadata.uid, "volumes", "kubernetes.io~csi", "v");
  }

  async #unmount(pod: string): Promise<void> {
    const target = join(await this.#volumeOf(pod), "mount");
    for (const name of await readdir(target)) await rm(join(target, name), { recursive: true });
    if (existsSync(plainMountMarker(target))) await unlink(plainMountMarker(target));
  }
}

/** Steps that say what was seen, and do nothing. */
const REMARKS = new Set([
  "pods still present",
  "the killed driver left both socket files behind",
  "NodeGetInfo would now succeed",
]);

type JobObject = { metadata: { name: string; namespace: string }; spec: { template: { spec: PodSpec } } };
type SecretObject = {
  metadata: { name: string; namespace: string };
  data?: Record<string, string>;
  stringData?: Record<string, string>;
};

/** What the API server defaults. */
export function defaulted(driver: CsiDriver): CsiDriver {
  const { serviceAccountTokenInSecrets: _unknownTo134, ...spec } = driver.spec;
  return {
    ...driver,
    spec: {
      attachRequired: true,
      podInfoOnMount: false,
      fsGroupPolicy: "ReadWriteOnceWithFSType",
      requiresRepublish: false,
      volumeLifecycleModes: ["Persistent"],
      ...spec,
    },
  };
}
