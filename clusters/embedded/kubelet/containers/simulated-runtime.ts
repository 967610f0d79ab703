import type { Clock, Random, Timer } from "../../../../core/index.ts";
import { MountproofError } from "../../../../core/index.ts";
import type { Container, Pod, Probe } from "../types.ts";
import { expand } from "./env.ts";
import { probeProcess } from "./probe-process.ts";
import type { ContainerProcess, Execution, Processes } from "./processes.ts";
import {
  type ContainerMount,
  type ContainerRuntime,
  ContainerStartError,
  type ContainerToStart,
  ImageError,
  type ProbeKind,
  type ProbeOutcome,
  type RuntimeContainer,
  type RuntimePod,
} from "./runtime.ts";
import type { ViewCommand } from "./views.ts";

/** What a container runs as a process of this machine, where its own command and arguments are not meant. */
export type HostCommand = { readonly command?: readonly string[] };

/** How a simulated container behaves. Left out: it runs until it is stopped, and stops at once with code 0. */
export type Program = {
  /** The process cannot be started at all. */
  readonly startError?: string;
  /** Ends by itself after so long. */
  readonly exitAfterMs?: number;
  readonly exitCode?: number;
  /** Takes so long to end when it is told to; longer than the grace period: it is killed. */
  readonly stopMs?: number;
  /** A real process instead: nothing of the above counts then. */
  readonly run?: HostCommand;
};

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
  /** Runs what is to be a real process, and what is executed in containers; without it neither can be. */
  readonly processes?: Processes;
  /** What there is no image for: the text says why. Everything is there by default. */
  readonly missingImage?: (image: string) => string | undefined;
};

type Running = ContainerToStart & {
  readonly id: string;
  readonly program: Program;
  readonly process: ContainerProcess | undefined;
  exit: Timer | undefined;
};
type PodRecord = {
  readonly pod: Pod;
  sandbox: RuntimePod["sandbox"];
  containers: readonly RuntimeContainer[];
  readonly running: Map<string, Running>;
  readonly endings: Map<string, PromiseWithResolvers<void>>;
};

/** As many ended attempts of a container as a runtime keeps for its last state. */
const KEPT_ATTEMPTS = 2;

/**
 * Containers: most without processes, which start, run, end and are probed as their programs and the tests say; those
 * whose program is to be real run as processes of this machine.
 */
export class SimulatedRuntime implements ContainerRuntime, Disposable {
  readonly #spec: SimulatedRuntimeSpec;
  readonly #pods = new Map<string, PodRecord>();
  readonly #watchers = new Set<(podUid: string) => void>();
  readonly #probeWatchers = new Set<(podUid: string, container: string) => void>();
  readonly #failingProbes = new Set<string>();
  #addresses = 1;

  constructor(spec: SimulatedRuntimeSpec) {
    this.#spec = spec;
  }

  [Symbol.dispose](): void {
    for (const record of this.#pods.values())
      for (const running of record.running.values()) {
        running.process?.kill();
        release(running);
      }
    this.#pods.clear();
  }

  async startSandbox(pod: Pod): Promise<void> {
    const { clock, random, sandboxMs = 300, subnet = "10.244.0" } = this.#spec;
    await clock.sleep(sandboxMs);
    const { uid } = pod.metadata;
    const record = this.#pods.get(uid) ?? newRecord(pod);
    this.#pods.set(uid, record);
    this.#addresses = (this.#addresses % 65_000) + 1;
    const [a = "10", b = "244"] = subnet.split(".");
    const ip = `${a}.${b}.${this.#addresses >> 8}.${this.#addresses & 0xff}`;
    record.sandbox = { id: containerId(random), ip, isReady: true };
    this.#tell(uid);
  }

  async startContainer(start: ContainerToStart): Promise<void> {
    const { clock, random, containerMs = 100 } = this.#spec;
    const { pod, container } = start;
    const { uid } = pod.metadata;
    const record = this.#recordOf(uid);
    await clock.sleep(containerMs);
    const program = this.#spec.program?.(container, pod) ?? builtInProgram(container);
    const id = containerId(random);
    const now = clock.now();
    const { name, image = "" } = container;
    const base = { id, name, kind: start.kind, attempt: start.attempt, image, startedAt: now };
    if (program.startError !== undefined) {
      const ending = { state: "exited", finishedAt: now, exitCode: 128, reason: "StartError" } as const;
      this.#put(record, { ...base, ...ending, message: program.startError });
      for (const { clone } of start.mounts) clone?.[Symbol.dispose]();
      throw new ContainerStartError(program.startError);
    }
    const process = program.run === undefined ? undefined : await this.#startProcess(record, start, base, program.run);
    const running: Running = { ...start, id, program, process, exit: undefined };
    record.running.set(id, running);
    record.endings.set(id, Promise.withResolvers());
    this.#put(record, { ...base, state: "running" });
    if (process !== undefined) void process.exited.then(({ code, reason }) => this.#end(uid, id, code, reason));
    else if (program.exitAfterMs !== undefined)
      running.exit = clock.timer(program.exitAfterMs, () => this.#end(uid, id, program.exitCode ?? 0), { ref: false });
  }

  async stopContainer(podUid: string, id: string, graceMs: number): Promise<void> {
    const record = this.#pods.get(podUid);
    const running = record?.running.get(id);
    if (record === undefined || running === undefined) return;
    if (running.process !== undefined) {
      await this.#beforeStop(running, graceMs);
      await running.process.stop(graceMs);
      await record.endings.get(id)?.promise;
      return;
    }
    const { stopMs = 0, exitCode = 0 } = running.program;
    running.exit?.cancel();
    const isKilled = stopMs > graceMs;
    const end = (): void => this.#end(podUid, id, isKilled ? 137 : exitCode);
    if (Math.min(stopMs, graceMs) === 0) end();
    else running.exit = this.#spec.clock.timer(Math.min(stopMs, graceMs), end, { ref: false });
    await record.endings.get(id)?.promise;
  }

  async stopSandbox(podUid: string): Promise<void> {
    const record = this.#pods.get(podUid);
    if (record?.sandbox === undefined) return;
    if (record.sandbox.isReady) await this.#spec.clock.sleep(this.#spec.sandboxMs ?? 300);
    record.sandbox = { ...record.sandbox, isReady: false };
    this.#tell(podUid);
  }

  remove(podUid: string): void {
    const record = this.#pods.get(podUid);
    if (record === undefined) return;
    for (const running of record.running.values()) release(running);
    this.#pods.delete(podUid);
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

  logPath(podUid: string, container: string, previous: boolean): string | undefined {
    const { processes } = this.#spec;
    const record = this.#pods.get(podUid);
    const attempts = record?.containers.filter(({ name }) => name === container) ?? [];
    const wanted = attempts[previous ? 1 : 0];
    if (processes === undefined || record === undefined || wanted === undefined) return undefined;
    const { namespace, name } = record.pod.metadata;
    return processes.logPath({ namespace, podName: name, podUid, container }, wanted.attempt);
  }

  async execute(podUid: string, container: string, command: readonly string[], tty: boolean): Promise<Execution> {
    const running = this.#running(podUid, container);
    if (running === undefined) throw new ContainerStartError(`container not found ("${container}")`);
    return await this.#execute(running, command, tty);
  }

  podUids(): Iterable<string> {
    return this.#pods.keys();
  }

  mountsOf(podUid: string, container: string): readonly ContainerMount[] | undefined {
    return this.#running(podUid, container)?.mounts;
  }

  envOf(podUid: string, container: string): ReadonlyMap<string, string> | undefined {
    return this.#running(podUid, container)?.env;
  }

  onChange(look: (podUid: string) => void): Disposable {
    this.#watchers.add(look);
    return { [Symbol.dispose]: () => void this.#watchers.delete(look) };
  }

  async probe(podUid: string, container: Container, kind: ProbeKind, probe: Probe): Promise<ProbeOutcome> {
    const { name } = container;
    const running = this.#running(podUid, name);
    if (running?.process !== undefined)
      return {
        ...(await probeProcess(this.#spec.clock, probe, container, (command) => this.#execute(running, command))),
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
    const running = this.#running(podUid, container);
    if (running === undefined)
      throw new MountproofError("not_found", { message: `container "${container}" of pod "${podUid}" does not run` });
    running.exit?.cancel();
    this.#end(podUid, running.id, exitCode);
  }

  /** Says how a container's probes end from now on. */
  setProbe(podUid: string, container: string, kind: ProbeKind, isPassing: boolean): void {
    const key = `${podUid}/${container}/${kind}`;
    if (isPassing) this.#failingProbes.delete(key);
    else this.#failingProbes.add(key);
    for (const look of this.#probeWatchers) look(podUid, container);
  }

  async #execute(running: Running, command: readonly string[], tty = false): Promise<Execution> {
    const { processes } = this.#spec;
    if (processes === undefined)
      throw new ContainerStartError("the containers of this cluster are simulated: nothing can be executed in them");
    return await processes.execute(running.process?.pid, { ...viewOf(running), command, tty });
  }

  async #startProcess(
    record: PodRecord,
    start: ContainerToStart,
    base: Pick<RuntimeContainer, "id" | "name" | "kind" | "attempt" | "image" | "startedAt">,
    { command }: HostCommand,
  ): Promise<ContainerProcess> {
    const { processes, clock } = this.#spec;
    const { pod, container, attempt } = start;
    const { namespace, name: podName, uid: podUid } = pod.metadata;
    const wanted =
      command ?? [...(container.command ?? []), ...(container.args ?? [])].map((part) => expand(part, start.env));
    try {
      if (processes === undefined) throw new ContainerStartError("no process can be run here");
      const place = { namespace, podName, podUid, container: container.name, attempt };
      return await clock.activity.track("container starts", () =>
        processes.start({ ...viewOf(start), command: wanted, ...place }),
      );
    } catch (error) {
      const message = (error as Error).message;
      const ending = { state: "exited", finishedAt: clock.now(), exitCode: 128, reason: "StartError" } as const;
      this.#put(record, { ...base, ...ending, message });
      for (const { clone } of start.mounts) clone?.[Symbol.dispose]();
      throw error;
    }
  }

  /** The preStop hook, which uses up of the grace period what it takes. */
  async #beforeStop(running: Running, graceMs: number): Promise<void> {
    const hook = running.container.lifecycle?.preStop;
    const { clock } = this.#spec;
    if (hook?.sleep !== undefined) await clock.sleep(Math.min(graceMs, hook.sleep.seconds * 1000));
    const command = hook?.exec?.command;
    if (command === undefined) return;
    const execution = await this.#execute(running, command);
    using deadline = clock.deadline(graceMs);
    deadline.signal.addEventListener("abort", () => execution.kill(), { once: true });
    execution.stdout.resume();
    execution.stderr.resume();
    await execution.exited;
  }

  #running(podUid: string, container: string): Running | undefined {
    return [...(this.#pods.get(podUid)?.running.values() ?? [])].find(({ container: { name } }) => name === container);
  }

  #recordOf(podUid: string): PodRecord {
    const record = this.#pods.get(podUid);
    if (record === undefined)
      throw new MountproofError("internal", { message: `pod "${podUid}" has no sandbox to start a container in` });
    return record;
  }

  #put(record: PodRecord, container: RuntimeContainer): void {
    const others = record.containers.filter(({ id }) => id !== container.id);
    const attempts = others.filter(({ name }) => name === container.name);
    const dropped = new Set(attempts.slice(KEPT_ATTEMPTS - 1).map(({ id }) => id));
    record.containers = [container, ...others.filter(({ id }) => !dropped.has(id))];
    this.#tell(record.pod.metadata.uid);
  }

  #end(podUid: string, id: string, exitCode: number, why?: string): void {
    const record = this.#pods.get(podUid);
    const running = record?.running.get(id);
    const container = record?.containers.find((candidate) => candidate.id === id);
    if (record === undefined || running === undefined || container === undefined) return;
    record.running.delete(id);
    release(running);
    const reason = why ?? (exitCode === 0 ? "Completed" : "Error");
    this.#put(record, { ...container, state: "exited", finishedAt: this.#spec.clock.now(), exitCode, reason });
    record.endings.get(id)?.resolve();
    record.endings.delete(id);
  }

  #tell(podUid: string): void {
    for (const look of this.#watchers) look(podUid);
  }
}

function newRecord(pod: Pod): PodRecord {
  return { pod, sandbox: undefined, containers: [], running: new Map(), endings: new Map() };
}

function release(running: Running): void {
  running.exit?.cancel();
  for (const { clone } of running.mounts) clone?.[Symbol.dispose]();
}

function viewOf({ container, pod, env, mounts }: ContainerToStart): Omit<ViewCommand, "command"> {
  const uid = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  const gid = container.securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup;
  const { workingDir } = container;
  return {
    env: new Map([["HOSTNAME", pod.metadata.name], ...env]),
    mounts,
    ...(workingDir !== undefined && { workingDir }),
    user: { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) },
  };
}

function containerId(random: Random): string {
  return `containerd://${random.uuid().replaceAll("-", "")}${random.uuid().replaceAll("-", "")}`;
}

/** `sleep 20` ends after 20 seconds, `true` and `false` at once; whatever else runs until it is stopped. */
export function builtInProgram({ command = [], args = [] }: Container): Program {
  const [name = "", argument = ""] = [...command, ...args];
  const program = name.slice(name.lastIndexOf("/") + 1);
  if (program === "true") return { exitAfterMs: 0, exitCode: 0 };
  if (program === "false") return { exitAfterMs: 0, exitCode: 1 };
  const duration = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(argument);
  if (program !== "sleep" || duration === null) return {};
  const unit = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 }[duration[2] ?? ""] ?? 1;
  return { exitAfterMs: Number(duration[1]) * unit * 1000 };
}
