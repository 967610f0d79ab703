import type { Socket } from "node:net";
import type { Clock, Random } from "../../../../core/index.ts";
import { MountproofError } from "../../../../core/index.ts";
import type { Container, Pod, Probe } from "../types.ts";
import type { Execution } from "./execution.ts";
import type { LogFile } from "./log-file.ts";
import { PartContainer, type PartStarter } from "./part-container.ts";
import { probeProcess } from "./probe-process.ts";
import { beforeStop, executeIn, type Room, startProcess, viewOf } from "./process-container.ts";
import type { Processes } from "./processes.ts";
import { builtInProgram, type Program } from "./program.ts";
import { type PodRecord, PodRecords, type Running, releaseClones } from "./records.ts";
import type { ImageUser } from "./rights.ts";
import {
  type ContainerMount,
  type ContainerRuntime,
  ContainerStartError,
  type ContainerToStart,
  ImageError,
  type ProbeKind,
  type ProbeOutcome,
  type RuntimeContainer,
  type RuntimeNote,
  type RuntimePod,
  type SandboxNetwork,
} from "./runtime.ts";
import type { ContainerTask } from "./task.ts";

export type SimulatedRuntimeSpec = {
  readonly clock: Clock;
  readonly random: Random;
  /** What a container does, where {@link builtInProgram} is not meant. */
  readonly program?: (container: Container, pod: Pod) => Program | undefined;
  /** How long a sandbox takes to start and to stop, and a container to start; 300 and 100 ms. */
  readonly sandboxMs?: number;
  readonly containerMs?: number;
  /** First three bytes of pod addresses. */
  readonly subnet?: string;
  /** Gives pods places in a network of the run's own; without it they share this machine's. */
  readonly network?: SandboxNetwork;
  /** Why it does, where a network of its own was wanted: said on each pod that runs a process. */
  readonly networkNote?: string;
  /** Runs what is to be a real process, and what is executed in containers; without it neither can be. */
  readonly processes?: Processes;
  /** Starts what a container runs as a part of this project; undefined for one that is not at hand. */
  readonly parts?: (name: string) => PartStarter | undefined;
  /** What there is no image for: the text says why. Everything is there by default. */
  readonly missingImage?: (image: string) => string | undefined;
  /** Whom the processes of an image are; root by default. */
  readonly imageUser?: (image: string) => ImageUser | undefined;
};

/**
 * Containers: most without processes, which start, run, end and are probed as their programs and the tests say; those
 * whose program is to be real run as processes of this machine.
 */
export class SimulatedRuntime implements ContainerRuntime, AsyncDisposable {
  readonly #spec: SimulatedRuntimeSpec;
  readonly #pods: PodRecords;
  readonly #probeWatchers = new Set<(podUid: string, container: string) => void>();
  readonly #failingProbes = new Set<string>();
  #addresses = 1;

  constructor(spec: SimulatedRuntimeSpec) {
    this.#spec = spec;
    this.#pods = new PodRecords(spec.clock);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pods.clear();
  }

  async startSandbox(pod: Pod): Promise<void> {
    const { clock, random, sandboxMs = 300, subnet = "10.244.0" } = this.#spec;
    await clock.sleep(sandboxMs);
    const { uid } = pod.metadata;
    const record = this.#pods.of(pod);
    this.#addresses = (this.#addresses % 65_000) + 1;
    const [a = "10", b = "244"] = subnet.split(".");
    const ip = `${a}.${b}.${this.#addresses >> 8}.${this.#addresses & 0xff}`;
    record.place?.[Symbol.dispose]();
    record.place = await this.#spec.network?.attach(pod);
    record.sandbox = { id: containerId(random), ip: record.place?.ip ?? ip, isReady: true };
    this.#pods.tell(uid);
  }

  async startContainer(start: ContainerToStart): Promise<readonly RuntimeNote[]> {
    const { clock, random, containerMs = 100 } = this.#spec;
    const { pod, container } = start;
    const { uid } = pod.metadata;
    const record = this.#pods.require(uid);
    await clock.sleep(containerMs);
    const program = this.#spec.program?.(container, pod) ?? builtInProgram(container);
    const id = containerId(random);
    const now = clock.now();
    const { name, image = "" } = container;
    const base = { id, name, kind: start.kind, attempt: start.attempt, image, startedAt: now };
    const log = this.#openLog(record, start);
    if (program.startError !== undefined) {
      log?.end();
      const ending = { state: "exited", finishedAt: now, exitCode: 128, reason: "StartError" } as const;
      this.#pods.put(record, { ...base, ...ending, message: program.startError });
      releaseClones(start);
      throw new ContainerStartError(program.startError);
    }
    const task = await this.#startTask(record, start, base, program, log);
    const running: Running = { ...start, id, program, task, log, exit: undefined };
    this.#pods.begin(record, running);
    this.#pods.put(record, { ...base, state: "running" });
    if (task !== undefined) void task.exited.then(({ code, reason }) => this.#pods.end(uid, id, code, reason));
    else if (program.exitAfterMs !== undefined)
      running.exit = clock.timer(program.exitAfterMs, () => this.#pods.end(uid, id, program.exitCode ?? 0), {
        ref: false,
      });
    if (program.run === undefined) return [];
    const { networkNote, processes } = this.#spec;
    return [
      ...((await processes?.notes(viewOf(start, this.#room(uid)))) ?? []),
      ...(networkNote === undefined ? [] : [{ reason: "NetworkShared", message: networkNote }]),
    ];
  }

  async stopContainer(podUid: string, id: string, graceMs: number): Promise<void> {
    const record = this.#pods.get(podUid);
    const running = record?.running.get(id);
    if (record === undefined || running === undefined) return;
    if (running.task !== undefined) {
      await beforeStop(this.#room(podUid), running, graceMs);
      await running.task.stop(graceMs);
      await record.endings.get(id)?.promise;
      return;
    }
    const { stopMs = 0, exitCode = 0 } = running.program;
    running.exit?.cancel();
    const isKilled = stopMs > graceMs;
    const end = (): void => this.#pods.end(podUid, id, isKilled ? 137 : exitCode);
    if (Math.min(stopMs, graceMs) === 0) end();
    else running.exit = this.#spec.clock.timer(Math.min(stopMs, graceMs), end, { ref: false });
    await record.endings.get(id)?.promise;
  }

  async stopSandbox(podUid: string): Promise<void> {
    const record = this.#pods.get(podUid);
    if (record?.sandbox === undefined) return;
    if (record.sandbox.isReady) await this.#spec.clock.sleep(this.#spec.sandboxMs ?? 300);
    record.sandbox = { ...record.sandbox, isReady: false };
    record.place?.[Symbol.dispose]();
    record.place = undefined;
    this.#pods.tell(podUid);
  }

  remove(podUid: string): void {
    this.#pods.remove(podUid);
  }

  pod(podUid: string): RuntimePod | undefined {
    const record = this.#pods.get(podUid);
    return record === undefined ? undefined : { sandbox: record.sandbox, containers: record.containers };
  }

  podObject(podUid: string): Pod | undefined {
    return this.#pods.get(podUid)?.pod;
  }

  requireImage({ image = "" }: Container): void {
    const why = this.#spec.missingImage?.(image);
    if (why !== undefined) throw new ImageError(why);
  }

  imageUser({ image = "" }: Container): ImageUser | undefined {
    return this.#spec.imageUser?.(image);
  }

  log(podUid: string, container: string, previous: boolean): LogFile | undefined {
    return this.#pods.log(podUid, container, previous);
  }

  task(podUid: string, container: string): ContainerTask | undefined {
    return this.#pods.running(podUid, container)?.task;
  }

  async execute(podUid: string, container: string, command: readonly string[], tty: boolean): Promise<Execution> {
    const running = this.#pods.running(podUid, container);
    if (running === undefined) throw new ContainerStartError(`container not found ("${container}")`);
    return await executeIn(this.#room(podUid), running, command, tty);
  }

  dial(podUid: string, port: number): Socket | undefined {
    return this.#pods.get(podUid)?.place?.dial("127.0.0.1", port);
  }

  podUids(): Iterable<string> {
    return this.#pods.uids();
  }

  mountsOf(podUid: string, container: string): readonly ContainerMount[] | undefined {
    return this.#pods.running(podUid, container)?.mounts;
  }

  envOf(podUid: string, container: string): ReadonlyMap<string, string> | undefined {
    return this.#pods.running(podUid, container)?.env;
  }

  onChange(look: (podUid: string) => void): Disposable {
    return this.#pods.onChange(look);
  }

  async probe(podUid: string, container: Container, kind: ProbeKind, probe: Probe): Promise<ProbeOutcome> {
    const { name } = container;
    const running = this.#pods.running(podUid, name);
    if (running?.task !== undefined)
      return {
        ...(await probeProcess(
          this.#spec.clock,
          probe,
          container,
          (command) => executeIn(this.#room(podUid), running, command),
          this.#addressOf(podUid),
          this.#pods.get(podUid)?.place,
        )),
        isTold: false,
      };
    const isPassing = !this.#failingProbes.has(`${podUid}/${name}/${kind}`);
    return { isPassing, output: isPassing ? "" : "the probe is set to fail", isTold: true };
  }

  onProbeChange(look: (podUid: string, container: string) => void): Disposable {
    this.#probeWatchers.add(look);
    return { [Symbol.dispose]: () => void this.#probeWatchers.delete(look) };
  }

  /** Ends a running container, as if its process did. */
  exit(podUid: string, container: string, exitCode: number): void {
    const running = this.#pods.running(podUid, container);
    if (running === undefined)
      throw new MountproofError("not_found", { message: `container "${container}" of pod "${podUid}" does not run` });
    running.exit?.cancel();
    this.#pods.end(podUid, running.id, exitCode);
  }

  /** Says how a container's probes end from now on. */
  setProbe(podUid: string, container: string, kind: ProbeKind, isPassing: boolean): void {
    const key = `${podUid}/${container}/${kind}`;
    if (isPassing) this.#failingProbes.delete(key);
    else this.#failingProbes.add(key);
    for (const look of this.#probeWatchers) look(podUid, container);
  }

  #openLog(record: PodRecord, { pod, container, attempt }: ContainerToStart): LogFile | undefined {
    const { namespace, name: podName, uid: podUid } = pod.metadata;
    const log = this.#spec.processes?.openLog({ namespace, podName, podUid, container: container.name }, attempt);
    if (log !== undefined) this.#pods.keepLog(record, container.name, attempt, log);
    return log;
  }

  #room(podUid: string): Room {
    const place = this.#pods.get(podUid)?.place;
    return { ...this.#spec, ...(place !== undefined && { place }) };
  }

  /** Where the pod's programs are reached: pods share this machine's network, some at addresses of their own. */
  #addressOf(podUid: string): string {
    const record = this.#pods.get(podUid);
    const ip = record?.sandbox?.ip ?? "";
    if (record?.place !== undefined) return ip;
    return ip.startsWith("127.") ? ip : "127.0.0.1";
  }

  async #startTask(
    record: PodRecord,
    start: ContainerToStart,
    base: Pick<RuntimeContainer, "id" | "name" | "kind" | "attempt" | "image" | "startedAt">,
    { run, part }: Program,
    log: LogFile | undefined,
  ): Promise<ContainerTask | undefined> {
    const { clock, parts } = this.#spec;
    if (run === undefined && part === undefined) return undefined;
    try {
      const { uid } = start.pod.metadata;
      if (run !== undefined) return await startProcess(this.#room(uid), start, run, log);
      const launch = parts?.(part ?? "");
      if (launch === undefined || log === undefined)
        throw new ContainerStartError(`this cluster was not given the part "${part}"`);
      return new PartContainer(clock, start, { address: this.#addressOf(uid), place: record.place }, log, launch);
    } catch (error) {
      log?.end();
      const { message } = error as Error;
      const ending = {
        state: "exited",
        finishedAt: this.#spec.clock.now(),
        exitCode: 128,
        reason: "StartError",
      } as const;
      this.#pods.put(record, { ...base, ...ending, message });
      releaseClones(start);
      throw error;
    }
  }
}

function containerId(random: Random): string {
  return `containerd://${random.uuid().replaceAll("-", "")}${random.uuid().replaceAll("-", "")}`;
}
