import { type Clock, type Log, messageOf, type Random, seconds, type Timer } from "../../../core/index.ts";
import type { CsiNodeClient } from "./csi-client.ts";
import type { KubeletTiming } from "./timing.ts";
import type { PodPaths } from "./volumes/names.ts";
import type { VolumeRef } from "./volumes/plugin.ts";
import { readVolData } from "./volumes/vol-data.ts";

/** After a pod's volumes are mounted, their statistics are first asked for so much later (measured). */
const FIRST_MS = seconds(7);

export type VolumeStatsSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly timing: KubeletTiming;
  readonly paths: PodPaths;
  /** Mounted volumes of a pod. */
  readonly mounted: (podUid: string) => readonly VolumeRef[];
  readonly driverClient: (driver: string) => CsiNodeClient | undefined;
};

/**
 * Asks drivers for statistics of the volumes they mounted: all volumes of a pod together, every one to two minutes.
 * A driver without GET_VOLUME_STATS is asked for its capabilities only.
 */
export class VolumeStats implements Disposable {
  readonly #spec: VolumeStatsSpec;
  readonly #timers = new Map<string, Timer>();

  constructor(spec: VolumeStatsSpec) {
    this.#spec = spec;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** The pod's volumes changed. */
  look(podUid: string): void {
    if (this.#spec.timing.volumeStats === 0 || this.#timers.has(podUid)) return;
    if (this.#csiVolumes(podUid).length > 0) this.#arm(podUid, FIRST_MS);
  }

  #csiVolumes(podUid: string): readonly VolumeRef[] {
    return this.#spec.mounted(podUid).filter(({ kind }) => kind === "csi");
  }

  #arm(podUid: string, ms: number): void {
    const { clock } = this.#spec;
    this.#timers.set(
      podUid,
      clock.timer(ms, () => void clock.activity.track("kubelet volume stats", () => this.#ask(podUid)), { ref: false }),
    );
  }

  async #ask(podUid: string): Promise<void> {
    const { random, timing, log } = this.#spec;
    const volumes = this.#csiVolumes(podUid);
    if (volumes.length === 0 || !this.#timers.has(podUid)) return void this.#timers.delete(podUid);
    for (const volume of volumes)
      await this.#askOne(volume).catch((error: unknown) =>
        log.debug("no volume stats", { volume: volume.key, error: messageOf(error) }),
      );
    if (this.#timers.has(podUid)) this.#arm(podUid, timing.volumeStats * (1 + random.next()));
  }

  async #askOne({ podUid, volumeName }: VolumeRef): Promise<void> {
    const { paths, driverClient, clock, timing } = this.#spec;
    const data = await readVolData(paths.volData(podUid, volumeName));
    const node = driverClient(data.driverName);
    if (node === undefined) return;
    const end = clock.now() + timing.csi;
    const budget = { remaining: () => Math.max(1, end - clock.now()) };
    if (!(await node.capabilities(budget)).has("GET_VOLUME_STATS")) return;
    await node.volumeStats(data.volumeHandle, paths.target(podUid, volumeName), budget);
  }
}
