import type { Clock } from "../../../../core/index.ts";
import { messageOf } from "../../../../core/index.ts";
import type { PodEvents } from "../events.ts";
import type { PodFacts } from "../fields.ts";
import { idleUntil } from "../idle.ts";
import { isInitialized, isSidecar, type RestartBackoff, shouldRestart } from "../pods/restart.ts";
import type { WaitingReason } from "../pods/status.ts";
import type { Container, Pod } from "../types.ts";
import { ContainerConfigError, type EnvSources, environmentOf } from "./env.ts";
import type { ImageBackoff } from "./image-backoff.ts";
import type { Probes } from "./probes.ts";
import { requireNonRoot } from "./rights.ts";
import {
  type ContainerKind,
  type ContainerRuntime,
  ImageError,
  type RuntimeContainer,
  type RuntimePod,
} from "./runtime.ts";
import type { VolumeMounts } from "./volume-mounts.ts";

export type ContainerStarterSpec = {
  readonly clock: Clock;
  readonly events: PodEvents;
  readonly runtime: ContainerRuntime;
  readonly mounts: VolumeMounts;
  readonly probes: Probes;
  readonly backoff: RestartBackoff;
  readonly imageBackoff: ImageBackoff;
  readonly sources: Omit<EnvSources, "facts">;
  readonly facts: (pod: Pod) => PodFacts;
  /** What every container finds in its environment: the Services of the cluster's own. */
  readonly serviceEnv: ReadonlyMap<string, string>;
};

/** Starts what of a pod ought to run and does not: its sandbox, init containers one by one, then all the others. */
export class ContainerStarter {
  readonly #spec: ContainerStarterSpec;
  readonly #waiting = new Map<string, Map<string, WaitingReason>>();

  constructor(spec: ContainerStarterSpec) {
    this.#spec = spec;
  }

  /** Why a container did not start at the last try. */
  waiting(podUid: string, container: string): WaitingReason | undefined {
    return this.#waiting.get(podUid)?.get(container);
  }

  forget(podUid: string): void {
    this.#waiting.delete(podUid);
    this.#spec.backoff.forget(`${podUid}/`);
    this.#spec.imageBackoff.forget(`${podUid}/`);
  }

  /** @throws when something could not be started: the pod is tried again soon */
  async start(pod: Pod, listed: RuntimePod | undefined, signal: AbortSignal): Promise<void> {
    const { runtime, clock } = this.#spec;
    const { uid } = pod.metadata;
    const newest = (container: Container): RuntimeContainer | undefined =>
      listed?.containers.find(({ name }) => name === container.name);
    if (listed?.sandbox?.isReady !== true) await idleUntil(clock, runtime.startSandbox(pod), signal);
    const failures: string[] = [];
    const attempt = async (container: Container, kind: ContainerKind): Promise<void> => {
      const attempts = listed?.containers.filter(({ name }) => name === container.name) ?? [];
      const failure = await this.#bring(pod, container, kind, attempts, signal);
      if (failure === undefined) this.#waiting.get(uid)?.delete(container.name);
      else {
        failures.push(failure.reason);
        const reasons = this.#waiting.get(uid) ?? new Map<string, WaitingReason>();
        this.#waiting.set(uid, reasons.set(container.name, failure));
      }
    };
    let isInitializing = false;
    for (const container of pod.spec.initContainers ?? []) {
      const last = newest(container);
      if (
        isSidecar(container)
          ? last?.state === "running" && this.#spec.probes.isStarted(uid, container)
          : isInitialized(container, last)
      )
        continue;
      isInitializing = true;
      if (last?.state !== "running") await attempt(container, "init");
      break;
    }
    if (!isInitializing)
      for (const container of pod.spec.containers) {
        if (signal.aborted) break;
        await attempt(container, "app");
      }
    signal.throwIfAborted();
    if (failures.length > 0) throw new Error(`containers could not be started: ${failures.join(", ")}`);
  }

  async #bring(
    pod: Pod,
    container: Container,
    kind: ContainerKind,
    attempts: readonly RuntimeContainer[],
    signal: AbortSignal,
  ): Promise<WaitingReason | undefined> {
    const { clock, backoff, probes } = this.#spec;
    const [last] = attempts;
    const { uid } = pod.metadata;
    if (last?.state === "running") {
      const failed = probes.failure(uid, container);
      if (failed === undefined) return undefined;
      await this.#kill(pod, container, last, `failed ${failed} probe, will be restarted`, signal);
      if (pod.spec.restartPolicy === "Never") return undefined;
    } else if (!shouldRestart(pod, container, last)) return undefined;
    const key = `${uid}/${container.name}`;
    // What was killed just now is not listed as ended yet: kubelet goes by the attempt before it (doBackOff).
    const endedAt = attempts.find(({ state }) => state === "exited")?.finishedAt;
    if (endedAt !== undefined) {
      const wait = backoff.waitOf(key, endedAt, clock.now());
      if (wait !== undefined) return this.#holdBack(pod, container, wait);
      backoff.started(key, endedAt, clock.now());
    }
    return await this.#startOne(pod, container, kind, last === undefined ? 0 : last.attempt + 1, signal);
  }

  #holdBack(pod: Pod, container: Container, waitMs: number): WaitingReason {
    const { name, namespace, uid } = pod.metadata;
    const ref = `${name}_${namespace}(${uid})`;
    const message = `Back-off restarting failed container ${container.name} in pod ${ref}`;
    this.#post(pod, container, "Warning", "BackOff", message);
    return {
      reason: "CrashLoopBackOff",
      message: `back-off ${goDuration(waitMs)} restarting failed container=${container.name} pod=${ref}`,
    };
  }

  async #startOne(
    pod: Pod,
    container: Container,
    kind: ContainerKind,
    attempt: number,
    signal: AbortSignal,
  ): Promise<WaitingReason | undefined> {
    const { runtime, clock, mounts, sources, facts, serviceEnv, imageBackoff } = this.#spec;
    const imageKey = `${pod.metadata.uid}/${container.image}`;
    if (imageBackoff.isWaiting(imageKey, clock.now())) return this.#holdBackPull(pod, container);
    try {
      this.#pull(pod, container);
      imageBackoff.succeeded(imageKey);
      const own = await environmentOf(pod, container, { ...sources, facts: facts(pod) });
      const env = new Map([...serviceEnv, ...own]);
      requireNonRoot(pod, container, runtime.imageUser(container));
      const mounted = await mounts.of(pod, container, env);
      this.#post(pod, container, "Normal", "Created", `Created container: ${container.name}`);
      const start = runtime.startContainer({ pod, container, kind, attempt, env, mounts: mounted });
      const notes = await idleUntil(clock, start, signal);
      this.#post(pod, container, "Normal", "Started", `Started container ${container.name}`);
      for (const { reason, message } of notes) this.#post(pod, container, "Normal", reason, message);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      const message = messageOf(error);
      if (error instanceof ImageError) {
        imageBackoff.failed(imageKey, clock.now());
        const pulling = `Failed to pull image "${container.image}": ${message}`;
        this.#post(pod, container, "Warning", "Failed", pulling);
        this.#post(pod, container, "Warning", "Failed", "Error: ErrImagePull");
        return { reason: "ErrImagePull", message };
      }
      this.#post(pod, container, "Warning", "Failed", `Error: ${message}`);
      const reason = error instanceof ContainerConfigError ? "CreateContainerConfigError" : "RunContainerError";
      return { reason, message };
    }
  }

  #holdBackPull(pod: Pod, container: Container): WaitingReason {
    const message = `Back-off pulling image "${container.image}"`;
    this.#post(pod, container, "Normal", "BackOff", message);
    this.#post(pod, container, "Warning", "Failed", "Error: ImagePullBackOff");
    return { reason: "ImagePullBackOff", message };
  }

  #pull(pod: Pod, container: Container): void {
    const { image = "", imagePullPolicy = "IfNotPresent" } = container;
    this.#spec.runtime.requireImage(container);
    if (imagePullPolicy !== "Always") {
      const there = `Container image "${image}" already present on machine`;
      this.#post(pod, container, "Normal", "Pulled", there);
      return;
    }
    this.#post(pod, container, "Normal", "Pulling", `Pulling image "${image}"`);
    const text = `Successfully pulled image "${image}" in 0s (0s including waiting). Image size: 0 bytes.`;
    this.#post(pod, container, "Normal", "Pulled", text);
  }

  async #kill(pod: Pod, container: Container, last: RuntimeContainer, why: string, signal: AbortSignal): Promise<void> {
    const { runtime, clock } = this.#spec;
    this.#post(pod, container, "Normal", "Killing", `Container ${container.name} ${why}`);
    const graceMs = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    await idleUntil(clock, runtime.stopContainer(pod.metadata.uid, last.id, graceMs), signal);
  }

  #post(pod: Pod, { name }: Container, type: "Normal" | "Warning", reason: string, message: string): void {
    const isInit = pod.spec.initContainers?.some((container) => container.name === name) === true;
    const fieldPath = `spec.${isInit ? "initContainers" : "containers"}{${name}}`;
    this.#spec.events.post({ pod, type, reason, message, fieldPath });
  }
}

/** As Go prints a duration of whole seconds: `10s`, `2m40s`, `5m0s`. */
export function goDuration(ms: number): string {
  const total = Math.round(ms / 1000);
  return total < 60 ? `${total}s` : `${Math.floor(total / 60)}m${total % 60}s`;
}
