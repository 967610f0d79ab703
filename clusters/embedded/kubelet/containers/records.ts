import type { Clock, Timer } from "../../../../core/index.ts";
import { MountproofError } from "../../../../core/index.ts";
import type { Pod } from "../types.ts";
import type { LogFile } from "./log-file.ts";
import type { Program } from "./program.ts";
import type { ContainerToStart, RuntimeContainer, RuntimePod, SandboxPlace } from "./runtime.ts";
import type { ContainerTask } from "./task.ts";

export type Running = ContainerToStart & {
  readonly id: string;
  readonly program: Program;
  readonly task: ContainerTask | undefined;
  readonly log: LogFile | undefined;
  exit: Timer | undefined;
};

export type PodRecord = {
  readonly pod: Pod;
  sandbox: RuntimePod["sandbox"];
  place: SandboxPlace | undefined;
  containers: readonly RuntimeContainer[];
  readonly running: Map<string, Running>;
  readonly endings: Map<string, PromiseWithResolvers<void>>;
  /** By container and attempt. */
  readonly logs: Map<string, LogFile>;
};

/** As many ended attempts of a container as a runtime keeps for its last state. */
const KEPT_ATTEMPTS = 2;

/** What a runtime knows of its pods: sandboxes, containers that run and the last ones that ended. */
export class PodRecords {
  readonly #clock: Clock;
  readonly #pods = new Map<string, PodRecord>();
  readonly #watchers = new Set<(podUid: string) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  all(): Iterable<PodRecord> {
    return this.#pods.values();
  }

  uids(): Iterable<string> {
    return this.#pods.keys();
  }

  get(podUid: string): PodRecord | undefined {
    return this.#pods.get(podUid);
  }

  require(podUid: string): PodRecord {
    const record = this.#pods.get(podUid);
    if (record === undefined)
      throw new MountproofError("internal", { message: `pod "${podUid}" has no sandbox to start a container in` });
    return record;
  }

  /** The pod's record; a new one when there is none. */
  of(pod: Pod): PodRecord {
    const { uid } = pod.metadata;
    let record = this.#pods.get(uid);
    if (record === undefined) {
      const empty = { containers: [], running: new Map(), endings: new Map(), logs: new Map() };
      record = { pod, sandbox: undefined, place: undefined, ...empty };
      this.#pods.set(uid, record);
    }
    return record;
  }

  running(podUid: string, container: string): Running | undefined {
    return [...(this.#pods.get(podUid)?.running.values() ?? [])].find(({ container: { name } }) => name === container);
  }

  keepLog(record: PodRecord, container: string, attempt: number, log: LogFile): void {
    record.logs.delete(`${container}/${attempt - KEPT_ATTEMPTS}`);
    record.logs.set(`${container}/${attempt}`, log);
  }

  /** What the last attempt of a container said, or the one before it. */
  log(podUid: string, container: string, previous: boolean): LogFile | undefined {
    const record = this.#pods.get(podUid);
    const attempts = record?.containers.filter(({ name }) => name === container) ?? [];
    const wanted = attempts[previous ? 1 : 0];
    return wanted === undefined ? undefined : record?.logs.get(`${container}/${wanted.attempt}`);
  }

  begin(record: PodRecord, running: Running): void {
    record.running.set(running.id, running);
    record.endings.set(running.id, Promise.withResolvers());
  }

  /** The state of one container as it is now; older attempts beyond what a runtime keeps are forgotten. */
  put(record: PodRecord, container: RuntimeContainer): void {
    const others = record.containers.filter(({ id }) => id !== container.id);
    const attempts = others.filter(({ name }) => name === container.name);
    const dropped = new Set(attempts.slice(KEPT_ATTEMPTS - 1).map(({ id }) => id));
    record.containers = [container, ...others.filter(({ id }) => !dropped.has(id))];
    this.tell(record.pod.metadata.uid);
  }

  end(podUid: string, id: string, exitCode: number, why?: string): void {
    const record = this.#pods.get(podUid);
    const running = record?.running.get(id);
    const container = record?.containers.find((candidate) => candidate.id === id);
    if (record === undefined || running === undefined || container === undefined) return;
    record.running.delete(id);
    release(running);
    const reason = why ?? (exitCode === 0 ? "Completed" : "Error");
    this.put(record, { ...container, state: "exited", finishedAt: this.#clock.now(), exitCode, reason });
    record.endings.get(id)?.resolve();
    record.endings.delete(id);
  }

  remove(podUid: string): void {
    const record = this.#pods.get(podUid);
    for (const running of record?.running.values() ?? []) release(running);
    record?.place?.[Symbol.dispose]();
    this.#pods.delete(podUid);
  }

  /** Forgets all pods; what runs in their containers is ended. */
  async clear(): Promise<void> {
    const records = [...this.#pods.values()];
    const running = records.flatMap((record) => [...record.running.values()]);
    this.#pods.clear();
    await Promise.all(running.map(({ task }) => task?.[Symbol.asyncDispose]()));
    for (const one of running) release(one);
    for (const { place } of records) place?.[Symbol.dispose]();
  }

  tell(podUid: string): void {
    for (const look of this.#watchers) look(podUid);
  }

  onChange(look: (podUid: string) => void): Disposable {
    this.#watchers.add(look);
    return { [Symbol.dispose]: () => void this.#watchers.delete(look) };
  }
}

function release(running: Running): void {
  running.exit?.cancel();
  running.log?.end();
  releaseClones(running);
}

/** Gives back the containers' own copies of mounts. */
export function releaseClones({ mounts }: Pick<ContainerToStart, "mounts">): void {
  for (const { clone } of mounts) clone?.[Symbol.dispose]();
}
