import type { PriorState, VolumeRef } from "./plugin.ts";

export type ActualVolume = {
  readonly ref: VolumeRef;
  /** `attached`: known and not mounted. `uncertain`: it may be mounted, so it has to be unmounted in the end. */
  state: "attached" | "mounted" | "uncertain";
  /** Its pod was synced since it was last set up, and it wants to be set up again then. */
  isRemountDue: boolean;
  /** Found on disk after a restart, and not set up since. */
  isReconstructed: boolean;
};

/** What kubelet believes of the volumes on the node. */
export class ActualState {
  readonly #volumes = new Map<string, ActualVolume>();
  readonly #keysByPod = new Map<string, Set<string>>();

  get(key: string): ActualVolume | undefined {
    return this.#volumes.get(key);
  }

  /** Mounted, or perhaps: what has to be taken away before the pod may go. */
  isPossiblyMounted(key: string): boolean {
    const state = this.#volumes.get(key)?.state;
    return state === "mounted" || state === "uncertain";
  }

  add(ref: VolumeRef, state: ActualVolume["state"], isReconstructed = false): void {
    this.#volumes.set(ref.key, { ref, state, isRemountDue: false, isReconstructed });
    const keys = this.#keysByPod.get(ref.podUid) ?? new Set();
    keys.add(ref.key);
    this.#keysByPod.set(ref.podUid, keys);
  }

  delete(key: string): void {
    const volume = this.#volumes.get(key);
    if (volume === undefined) return;
    this.#volumes.delete(key);
    const keys = this.#keysByPod.get(volume.ref.podUid);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysByPod.delete(volume.ref.podUid);
  }

  ofPod(podUid: string): ActualVolume[] {
    return [...(this.#keysByPod.get(podUid) ?? [])].map((key) => this.#volumes.get(key)).filter((v) => v !== undefined);
  }

  keys(): Iterable<string> {
    return this.#volumes.keys();
  }

  priorOf(key: string): PriorState {
    const volume = this.#volumes.get(key);
    if (volume?.state === "mounted") return "mounted";
    if (volume?.isReconstructed === true) return "reconstructed";
    return volume?.state === "uncertain" ? "uncertain" : "new";
  }
}
