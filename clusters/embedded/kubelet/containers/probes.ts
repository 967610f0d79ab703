import { type Clock, type Random, seconds, type Timer } from "../../../../core/index.ts";
import type { Container, Pod, Probe } from "../types.ts";
import type { ContainerRuntime, ProbeKind } from "./runtime.ts";

type ProbeWorker = {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly podUid: string;
  readonly container: Container;
  /** Ticks fall on this instant plus whole periods. */
  readonly origin: number;
  timer: Timer | undefined;
  isRunning: boolean;
  /** The container that the counts are of. */
  containerId: string | undefined;
  result: boolean;
  last: boolean | undefined;
  run: number;
  /** Liveness: a failed container is not probed again until it was restarted. */
  isOnHold: boolean;
};

export type ProbesSpec = {
  readonly clock: Clock;
  readonly random: Random;
  readonly runtime: ContainerRuntime;
  /** A result changed: the pod is synced. */
  readonly onChange: (podUid: string) => void;
  readonly onFailure: (pod: Pod, container: Container, kind: ProbeKind, output: string) => void;
};

const FIELDS = { startup: "startupProbe", liveness: "livenessProbe", readiness: "readinessProbe" } as const;

/**
 * Results of the probes of running containers (kubelet's prober). A tick comes only while a result may change: where
 * the runtime tells of changes itself, the next tick waits for one.
 */
export class Probes implements Disposable {
  readonly #spec: ProbesSpec;
  readonly #pods = new Map<string, { pod: Pod; workers: ProbeWorker[] }>();
  readonly #subscriptions: Disposable[];
  #isOver = false;

  constructor(spec: ProbesSpec) {
    this.#spec = spec;
    const wake = (podUid: string): void => {
      for (const worker of this.#pods.get(podUid)?.workers ?? []) this.#arm(worker);
    };
    this.#subscriptions = [spec.runtime.onChange(wake), spec.runtime.onProbeChange(wake)];
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    for (const podUid of [...this.#pods.keys()]) this.remove(podUid);
  }

  /** Begins to probe the pod's containers; once. */
  add(pod: Pod): void {
    const { uid } = pod.metadata;
    if (this.#pods.has(uid)) return;
    const workers: ProbeWorker[] = [];
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers])
      for (const kind of ["startup", "liveness", "readiness"] as const) {
        const probe = container[FIELDS[kind]];
        if (probe === undefined) continue;
        workers.push({
          kind,
          probe,
          podUid: uid,
          container,
          origin: this.#spec.clock.now(),
          timer: undefined,
          isRunning: false,
          containerId: undefined,
          result: kind === "liveness",
          last: undefined,
          run: 0,
          isOnHold: false,
        });
      }
    this.#pods.set(uid, { pod, workers });
    for (const worker of workers) this.#arm(worker);
  }

  stopAllButReadiness(podUid: string): void {
    const entry = this.#pods.get(podUid);
    if (entry === undefined) return;
    for (const worker of entry.workers) if (worker.kind !== "readiness") worker.timer?.cancel();
    entry.workers = entry.workers.filter(({ kind }) => kind === "readiness");
  }

  remove(podUid: string): void {
    for (const worker of this.#pods.get(podUid)?.workers ?? []) worker.timer?.cancel();
    this.#pods.delete(podUid);
  }

  /** A running container without a readiness probe is ready. */
  isReady(podUid: string, container: Container): boolean {
    return this.isStarted(podUid, container) && this.#result(podUid, container, "readiness");
  }

  isStarted(podUid: string, container: Container): boolean {
    return this.#result(podUid, container, "startup");
  }

  /** Why a running container has to be restarted; undefined while it has not. */
  failure(podUid: string, container: Container): "liveness" | "startup" | undefined {
    // What an earlier attempt failed is not held against its successor, which no tick has looked at yet.
    const hasFailed = (kind: ProbeKind): boolean => {
      const worker = this.#worker(podUid, container, kind);
      return worker?.isOnHold === true && worker.containerId === this.#runningId(worker);
    };
    if (hasFailed("liveness")) return "liveness";
    return hasFailed("startup") ? "startup" : undefined;
  }

  #worker(podUid: string, container: Container, kind: ProbeKind): ProbeWorker | undefined {
    return this.#pods
      .get(podUid)
      ?.workers.find((worker) => worker.kind === kind && worker.container.name === container.name);
  }

  #result(podUid: string, container: Container, kind: ProbeKind): boolean {
    if (container[FIELDS[kind]] === undefined) return true;
    const worker = this.#worker(podUid, container, kind);
    return worker?.result === true && worker.containerId === this.#runningId(worker);
  }

  #runningId({ podUid, container }: ProbeWorker): string | undefined {
    const found = this.#spec.runtime.pod(podUid)?.containers.find(({ name }) => name === container.name);
    return found?.state === "running" ? found.id : undefined;
  }

  #arm(worker: ProbeWorker, from = this.#spec.clock.now()): void {
    if (this.#isOver || worker.isRunning) return;
    const { clock } = this.#spec;
    const period = seconds(worker.probe.periodSeconds ?? 10);
    const due = worker.origin + (Math.floor((from - worker.origin) / period) + 1) * period;
    if (worker.timer !== undefined && worker.timer.due <= due) return;
    worker.timer?.cancel();
    worker.timer = clock.timer(due - clock.now(), () => void this.#tick(worker), { ref: false });
  }

  async #tick(worker: ProbeWorker): Promise<void> {
    const { clock, runtime } = this.#spec;
    worker.timer = undefined;
    const id = this.#runningId(worker);
    const known = runtime.pod(worker.podUid)?.containers.find((container) => container.id === id);
    if (id === undefined || known === undefined) return; // its start wakes us
    if (worker.containerId !== id) this.#startOver(worker, id);
    if (worker.isOnHold) return;
    if (worker.kind === "startup" && worker.result) return;
    if (worker.kind !== "startup" && !this.isStarted(worker.podUid, worker.container)) return this.#arm(worker);
    const first = known.startedAt + seconds(worker.probe.initialDelaySeconds ?? 0);
    if (clock.now() < first) return this.#arm(worker, first - 1);
    worker.isRunning = true;
    let outcome: { readonly isPassing: boolean; readonly output: string; readonly isTold: boolean };
    try {
      outcome = await clock.activity.track("kubelet probe", () =>
        runtime.probe(worker.podUid, worker.container, worker.kind, worker.probe),
      );
    } catch (error) {
      outcome = { isPassing: false, output: (error as Error).message, isTold: false };
    } finally {
      worker.isRunning = false;
    }
    const isSettled = this.#count(worker, id, outcome);
    if (!isSettled || !outcome.isTold) this.#arm(worker);
  }

  #startOver(worker: ProbeWorker, id: string): void {
    worker.containerId = id;
    worker.result = worker.kind === "liveness";
    worker.last = undefined;
    worker.run = 0;
    worker.isOnHold = false;
  }

  /** @returns whether more of the same would change nothing */
  #count(worker: ProbeWorker, id: string, outcome: { isPassing: boolean; output: string }): boolean {
    const { isPassing } = outcome;
    if (this.#runningId(worker) !== id) return true;
    const entry = this.#pods.get(worker.podUid);
    if (entry === undefined) return true;
    worker.run = worker.last === isPassing ? worker.run + 1 : 1;
    worker.last = isPassing;
    if (!isPassing) this.#spec.onFailure(entry.pod, worker.container, worker.kind, outcome.output);
    const { successThreshold = 1, failureThreshold = 3 } = worker.probe;
    if (worker.run < (isPassing ? successThreshold : failureThreshold)) return false;
    const isFatal = !isPassing && worker.kind !== "readiness";
    if (worker.result === isPassing && !isFatal) return true;
    worker.result = isPassing;
    worker.isOnHold = isFatal;
    if (worker.kind === "startup" && isPassing) for (const other of entry.workers) this.#arm(other);
    this.#spec.onChange(worker.podUid);
    return true;
  }
}
