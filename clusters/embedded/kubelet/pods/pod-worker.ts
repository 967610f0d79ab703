import { type Clock, type Log, messageOf, namedRandom, type Random } from "../../../../core/index.ts";
import { idleUntil } from "../idle.ts";
import type { KubeletTiming } from "../timing.ts";
import { type Pod, podRef } from "../types.ts";
import type { Relist } from "./relist.ts";
import type { SyncQueue } from "./sync-queue.ts";

/**
 * How far a pod is. It only moves forward: `syncing` its containers are to run; `terminating` they are being stopped;
 * `terminated` they have stopped and its volumes go; `finished` nothing of it is left but its folder.
 */
export type PodStage = "syncing" | "terminating" | "terminated" | "finished";

/** What is done for a pod at each stage. */
export type PodSteps = {
  /** @returns whether the pod is over: its containers ended by themselves, or it ran out of time */
  sync(pod: Pod, signal: AbortSignal): Promise<boolean>;
  /** Stops the containers. @returns what makes the end known, to be called once the pod counts as terminated */
  terminate(pod: Pod, graceMs: number, signal: AbortSignal): Promise<() => void>;
  finish(pod: Pod, signal: AbortSignal): Promise<void>;
};

export type PodWorkerSpec = {
  readonly clock: Clock;
  readonly log: Log;
  /** Each pod draws its jitter from a generator of its own, so that the order of the pods' work does not matter. */
  readonly seed: number;
  readonly timing: KubeletTiming;
  readonly relist: Relist;
  readonly queue: SyncQueue;
  readonly steps: PodSteps;
  /** The kubelet's own life. */
  readonly signal: AbortSignal;
  readonly onStage: (worker: PodWorker) => void;
};

/** Kubelet never waits less than this for a container to end. */
const LEAST_GRACE_MS = 1000;

/**
 * Drives one pod, one step at a time (kubelet's pod workers). What happens meanwhile is looked at by the next step,
 * which first waits for a listing of the runtime that is newer than the last one's end.
 */
export class PodWorker {
  readonly #spec: PodWorkerSpec;
  readonly #addedAt: number;
  readonly #random: Random;
  #pod: Pod;
  #stage: PodStage;
  #isGone = false;
  #graceMs = Number.POSITIVE_INFINITY;
  #isDue = false;
  #isWorking = false;
  #lastEnd: number | undefined;
  #step: AbortController | undefined;

  constructor(spec: PodWorkerSpec, pod: Pod, stage: PodStage = "syncing") {
    this.#spec = spec;
    this.#random = namedRandom(spec.seed, `${pod.metadata.namespace}/${pod.metadata.name}`);
    this.#addedAt = spec.clock.now();
    this.#pod = pod;
    this.#stage = stage;
  }

  get pod(): Pod {
    return this.#pod;
  }

  get stage(): PodStage {
    return this.#stage;
  }

  /** Until its first step is over, a volume tick at least, a pod's volumes count as wanted, even if it goes (measured). */
  get hasBegun(): boolean {
    const { clock, timing } = this.#spec;
    return this.#lastEnd !== undefined && clock.now() > this.#addedAt + timing.volumeTick;
  }

  /** The API server has no such pod any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** The pod as the API server has it now. */
  update(pod: Pod): void {
    this.#pod = pod;
    const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
    const isOver = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    if (deletionTimestamp !== undefined || isOver) this.#terminate(deletionGracePeriodSeconds);
    this.wake();
  }

  /** The pod vanished from the API server: force-deleted, unless it was finished. */
  vanish(): void {
    this.#isGone = true;
    this.#terminate(0);
    this.wake();
  }

  /** Takes a step as soon as may be. */
  wake(): void {
    if (this.#stage === "finished") return;
    this.#isDue = true;
    if (!this.#isWorking) void this.#work();
  }

  /** The grace period can only shrink; whoever works is interrupted when it does. */
  #terminate(graceSeconds: number | undefined): void {
    const spec = this.#pod.spec.terminationGracePeriodSeconds ?? 30;
    const graceMs = Math.max(LEAST_GRACE_MS, (graceSeconds ?? spec) * 1000);
    const isShorter = graceMs < this.#graceMs;
    this.#graceMs = Math.min(graceMs, this.#graceMs);
    if (this.#stage === "syncing") {
      this.#move("terminating");
      this.#step?.abort(new Error("the pod is to end"));
    } else if (this.#stage === "terminating" && isShorter) this.#step?.abort(new Error("the pod is to end sooner"));
  }

  #move(stage: PodStage): void {
    this.#stage = stage;
    this.#spec.onStage(this);
  }

  async #work(): Promise<void> {
    const { clock, signal } = this.#spec;
    this.#isWorking = true;
    const token = clock.activity.begin(`kubelet pod ${podRef(this.#pod)}`, 0);
    try {
      await clock.activity.run(token, async () => {
        while (this.#isDue && !signal.aborted) {
          this.#isDue = false;
          await this.#takeStep();
        }
      });
    } finally {
      this.#isWorking = false;
      token.end();
    }
  }

  async #takeStep(): Promise<void> {
    const { clock, relist, log, signal } = this.#spec;
    const [stage, pod] = [this.#stage, this.#pod];
    this.#step = new AbortController();
    const over = AbortSignal.any([signal, this.#step.signal]);
    let failure: unknown;
    try {
      if (this.#lastEnd !== undefined) await idleUntil(clock, relist.newerThan(this.#lastEnd), signal);
      await this.#do(stage, pod, over);
    } catch (error) {
      failure = error;
      if (!over.aborted) log.debug("a step of the pod failed", { pod: podRef(pod), stage, error: messageOf(error) });
    }
    this.#step = undefined;
    if (signal.aborted) return;
    this.#lastEnd = clock.now();
    this.#requeue(stage, failure);
  }

  async #do(stage: PodStage, pod: Pod, signal: AbortSignal): Promise<void> {
    const { steps } = this.#spec;
    if (stage === "syncing") {
      signal.throwIfAborted();
      if ((await steps.sync(pod, signal)) && this.#stage === "syncing") this.#terminate(undefined);
    } else if (stage === "terminating") {
      const showEnd = await steps.terminate(pod, this.#graceMs, signal);
      this.#move("terminated");
      showEnd();
    } else if (stage === "terminated") {
      await steps.finish(pod, signal);
      this.#move("finished");
    }
  }

  #requeue(stage: PodStage, failure: unknown): void {
    const { queue, clock, timing } = this.#spec;
    const { uid } = this.#pod.metadata;
    if (this.#stage === "finished") queue.delete(uid);
    else if (this.#stage !== stage) this.#isDue = true;
    else {
      const period = failure === undefined ? timing.sync : timing.syncAfterError;
      queue.set(uid, clock.now() + period * (1 + this.#random.next() / 2));
    }
  }
}
