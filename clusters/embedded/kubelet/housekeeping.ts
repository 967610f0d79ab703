import { rm, rmdir } from "node:fs/promises";
import type { Clock, Log } from "../../../core/index.ts";
import type { ContainerRuntime } from "./containers/runtime.ts";
import type { Mounts } from "./mounts.ts";
import type { PodWorkers } from "./pods/pod-workers.ts";
import { TickLoop } from "./ticks.ts";
import type { KubeletTiming } from "./timing.ts";
import type { PodPaths } from "./volumes/names.ts";
import type { PodVolumes } from "./volumes/pod-volumes.ts";
import { podsOnDisk, volumeFolders } from "./volumes/reconstruct.ts";

export type HousekeepingSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: KubeletTiming;
  readonly origin: number;
  readonly workers: PodWorkers;
  readonly runtime: ContainerRuntime;
  readonly volumes: PodVolumes;
  readonly paths: PodPaths;
  readonly mounts: Mounts;
  /** All pods of the node are known: what nobody knows is an orphan. */
  readonly arePodsKnown: () => boolean;
  /** Nothing of the pod is left: whoever remembers it may forget it. */
  readonly forget: (podUid: string) => void;
};

/** Clears away what pods leave: every 2 seconds, after something changed (kubelet's HandlePodCleanups). */
export class Housekeeping implements Disposable {
  readonly #spec: HousekeepingSpec;
  readonly #ticks: TickLoop;

  constructor(spec: HousekeepingSpec) {
    this.#spec = spec;
    this.#ticks = new TickLoop({
      clock: spec.clock,
      name: "housekeeping",
      periodMs: spec.timing.housekeeping,
      origin: spec.origin,
      run: () => this.#clean(),
    });
  }

  [Symbol.dispose](): void {
    this.#ticks[Symbol.dispose]();
  }

  wake(): void {
    this.#ticks.wake();
  }

  async #clean(): Promise<void> {
    const { workers, runtime, arePodsKnown, forget } = this.#spec;
    if (!arePodsKnown()) return;
    for (const worker of workers.all())
      if (worker.isGone && worker.stage === "finished") {
        const { uid } = worker.pod.metadata;
        workers.forget(uid);
        runtime.remove(uid);
        forget(uid);
      }
    for (const podUid of [...runtime.podUids()]) {
      const pod = runtime.podObject(podUid);
      if (workers.get(podUid) === undefined && pod !== undefined) workers.adopt(pod);
    }
    for (const podUid of await podsOnDisk(this.#spec.paths))
      if (workers.get(podUid) === undefined) await this.#removeFolder(podUid);
  }

  /** Nothing that is mounted, may be mounted or holds a volume's files is removed. */
  async #removeFolder(podUid: string): Promise<void> {
    const { volumes, paths, mounts, log } = this.#spec;
    if (await volumes.hasVolumesOrMounts(podUid)) return;
    for (const folder of await volumeFolders(paths, podUid)) {
      await rmdir(folder).catch(() => undefined);
      if (folder.endsWith("/mount")) await rmdir(folder.slice(0, -"/mount".length)).catch(() => undefined);
    }
    const left = await volumeFolders(paths, podUid);
    if (left.length > 0) return log.warn("orphaned pod found, but volume paths are still present on disk", { podUid });
    if ((await mounts.below(paths.pod(podUid))).length > 0) return;
    await rm(paths.pod(podUid), { recursive: true, force: true });
  }
}
