import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../../../core/index.ts";
import type { Probes } from "../containers/probes.ts";
import type { ContainerRuntime, RuntimePod } from "../containers/runtime.ts";
import type { ContainerStarter } from "../containers/starter.ts";
import type { PodEvents } from "../events.ts";
import { idleUntil } from "../idle.ts";
import type { KubeletTiming } from "../timing.ts";
import type { Pod, PodStatus } from "../types.ts";
import type { PodPaths } from "../volumes/names.ts";
import type { PodVolumes } from "../volumes/pod-volumes.ts";
import { waitUntil } from "../waiting.ts";
import type { WatchedObjects } from "../watched-objects.ts";
import type { PodSteps } from "./pod-worker.ts";
import type { Relist } from "./relist.ts";
import { failed, podStatus } from "./status.ts";
import type { StatusWriter } from "./status-writer.ts";

export type PodStepsSpec = {
  readonly clock: Clock;
  readonly timing: KubeletTiming;
  readonly events: PodEvents;
  readonly paths: PodPaths;
  readonly hostIP: string;
  readonly runtime: ContainerRuntime;
  readonly relist: Relist;
  readonly statuses: StatusWriter;
  readonly volumes: PodVolumes;
  readonly starter: ContainerStarter;
  readonly probes: Probes;
  /** Secrets and ConfigMaps. */
  readonly references: readonly WatchedObjects[];
  /** The kubelet's own life: a container that is being started is not given up because its pod is to end. */
  readonly signal: AbortSignal;
  /** When the pod has to be looked at again because its time runs out. */
  readonly remind: (podUid: string, at: number) => void;
};

/** What kubelet's SyncPod, SyncTerminatingPod and SyncTerminatedPod do. */
export class KubeletPodSteps implements PodSteps {
  readonly #spec: PodStepsSpec;

  constructor(spec: PodStepsSpec) {
    this.#spec = spec;
  }

  async sync(pod: Pod, signal: AbortSignal): Promise<boolean> {
    const { statuses, references, volumes, starter, probes, paths, relist } = this.#spec;
    const { uid } = pod.metadata;
    const status = this.#status(pod, relist.pod(uid), false);
    statuses.set(pod, status);
    if (status.phase === "Succeeded" || status.phase === "Failed") return true;
    for (const watched of references) watched.register(pod);
    const folder = dirname(paths.volumesOf(uid, "csi"));
    if (!existsSync(folder)) await mkdir(folder, { recursive: true, mode: 0o750 });
    await this.#waitForVolumes(pod, signal);
    signal.throwIfAborted();
    probes.add(pod);
    await starter.start(pod, relist.pod(uid), this.#spec.signal);
    volumes.takeErrors(uid);
    return false;
  }

  async terminate(pod: Pod, graceMs: number, signal: AbortSignal): Promise<() => void> {
    const { runtime, relist, statuses, events, clock, probes } = this.#spec;
    const { uid } = pod.metadata;
    const before = this.#status(pod, relist.pod(uid), false);
    statuses.set(pod, before);
    probes.stopAllButReadiness(uid);
    const running = (runtime.pod(uid)?.containers ?? []).filter(({ state }) => state === "running");
    for (const { name } of running)
      events.post({
        pod,
        type: "Normal",
        reason: "Killing",
        message: `Stopping container ${name}`,
        fieldPath: `spec.containers{${name}}`,
      });
    const stopped = Promise.all(running.map(({ id }) => runtime.stopContainer(uid, id, graceMs)));
    await idleUntil(clock, stopped, signal);
    await idleUntil(clock, runtime.stopSandbox(uid), signal);
    probes.remove(uid);
    return () => statuses.set(pod, this.#status(pod, runtime.pod(uid), true));
  }

  async finish(pod: Pod, signal: AbortSignal): Promise<void> {
    const { volumes, references, statuses, relist, clock, timing } = this.#spec;
    const { uid } = pod.metadata;
    const status = this.#status(pod, relist.pod(uid), true);
    statuses.set(pod, status);
    const watch = (look: () => void): Disposable => volumes.watch(uid, look);
    const wait = { clock, signal, watch };
    const isUnmounted = await waitUntil({
      ...wait,
      periodMs: timing.mountPoll,
      limitMs: timing.mountWait,
      holds: () => !volumes.hasVolumes(uid),
    });
    if (!isUnmounted) throw new Error("mounted volumes were not unmounted in time");
    await waitUntil({
      ...wait,
      periodMs: timing.volumeTick,
      holds: async () => !(await volumes.hasVolumesOrMounts(uid)),
    });
    for (const watched of references) watched.unregister(pod);
    statuses.finish(pod, status);
  }

  async #waitForVolumes(pod: Pod, signal: AbortSignal): Promise<void> {
    const { volumes, clock, timing, events } = this.#spec;
    const { uid } = pod.metadata;
    volumes.reprocess(uid);
    const isMounted = await waitUntil({
      clock,
      signal,
      periodMs: timing.mountPoll,
      limitMs: timing.mountWait,
      watch: (look) => volumes.watch(uid, look),
      holds: () => {
        const errors = volumes.takeErrors(uid);
        if (errors.length > 0) {
          const message = `Unable to attach or mount volumes: ${errors.join(", ")}`;
          events.post({ pod, type: "Warning", reason: "FailedMount", message });
          throw new Error(message);
        }
        return volumes.isReady(pod);
      },
    });
    if (!isMounted) throw new Error("volumes were not mounted in time");
  }

  #status(pod: Pod, runtime: RuntimePod | undefined, isTerminal: boolean): PodStatus {
    const { starter, probes, hostIP, clock, events, statuses, remind } = this.#spec;
    const { uid } = pod.metadata;
    const status = podStatus(pod, {
      runtime,
      hostIP,
      isTerminal,
      waiting: (container) => starter.waiting(uid, container),
      isReady: (container) => probes.isReady(uid, container),
      isStarted: (container) => probes.isStarted(uid, container),
    });
    const seconds = pod.spec.activeDeadlineSeconds;
    const started = (statuses.status(uid) ?? pod.status)?.startTime;
    if (seconds === undefined) return status;
    if (started === undefined) {
      remind(uid, clock.now() + seconds * 1000);
      return status;
    }
    const deadline = Date.parse(started) + seconds * 1000;
    if (clock.now() < deadline) {
      remind(uid, deadline);
      return status;
    }
    const message = "Pod was active on the node longer than the specified deadline";
    events.post({ pod, type: "Normal", reason: "DeadlineExceeded", message });
    return failed(status, "DeadlineExceeded", message);
  }
}
