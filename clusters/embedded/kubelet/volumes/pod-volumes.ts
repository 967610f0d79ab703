import { type Clock, type Log, messageOf } from "../../../../core/index.ts";
import type { PodEvents } from "../events.ts";
import type { Mounts } from "../mounts.ts";
import { TickLoop } from "../ticks.ts";
import type { KubeletTiming } from "../timing.ts";
import type { Pod } from "../types.ts";
import { ActualState, type ActualVolume } from "./actual.ts";
import { DesiredState, mountedNames, volumesOf } from "./desired.ts";
import type { PodPaths, VolumeKind } from "./names.ts";
import { VolumeOperations } from "./operations.ts";
import { type PodVolume, SetUpError, type VolumePlugin, type VolumeRef } from "./plugin.ts";
import { volumeFolders } from "./reconstruct.ts";

/** What the volumes need to know of the pods. */
export type PodView = {
  /** The pod as the API server has it; undefined once it is gone there. */
  pod(uid: string): Pod | undefined;
  /** False once its containers are to stop: no volume is added for it any more. */
  mayStart(uid: string): boolean;
};

export type PodVolumesSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: KubeletTiming;
  readonly origin: number;
  readonly events: PodEvents;
  readonly paths: PodPaths;
  readonly mounts: Mounts;
  readonly pods: PodView;
  readonly plugin: (kind: VolumeKind) => VolumePlugin;
  /** Takes binds of single paths away before the volume they lead into. */
  readonly releaseSubPaths: (ref: VolumeRef) => Promise<void>;
  /** Told after each change of a pod's volumes. */
  readonly onChange: (podUid: string) => void;
};

/**
 * Brings the volumes of the node's pods from what they are to what they should be. Kubelet's populator and reconciler
 * both look every 100 ms; here a tick comes only after a change, and looks only at what changed.
 */
export class PodVolumes implements AsyncDisposable {
  readonly #spec: PodVolumesSpec;
  readonly #desired = new DesiredState();
  readonly #actual = new ActualState();
  readonly #operations: VolumeOperations;
  readonly #ticks: TickLoop;
  /** Pods whose volumes are to be looked up (again): new ones and those whose sync began. */
  readonly #unprocessed = new Set<string>();
  /** Pods that stopped, with volumes still desired. */
  readonly #leaving = new Set<string>();
  readonly #errors = new Map<string, string[]>();
  readonly #changed = new Set<string>();
  readonly #retries = new Map<string, number>();
  readonly #watchers = new Map<string, Set<() => void>>();
  #arePodsKnown = false;
  #mayUnmount = false;

  constructor(spec: PodVolumesSpec) {
    this.#spec = spec;
    this.#ticks = new TickLoop({
      clock: spec.clock,
      name: "volumes",
      periodMs: spec.timing.volumeTick,
      origin: spec.origin,
      // A volume that the populator adds is attached by the next tick and mounted by the one after: 0.2 to 0.3 s.
      run: () => {
        this.#reconcile();
        this.#populate();
      },
    });
    this.#operations = new VolumeOperations({
      clock: spec.clock,
      timing: spec.timing,
      onEnd: (key) => {
        this.#touch(key);
        const podUid = this.#actual.get(key)?.ref.podUid ?? this.#desired.get(key)?.pod.metadata.uid;
        if (podUid !== undefined) this.#notify(podUid);
      },
    });
  }

  /** Begins nothing new and waits for what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ticks[Symbol.dispose]();
    await this.#operations.settled();
  }

  /** Volumes found on disk: they may be mounted. Unmounting waits for {@link PodVolumes.podsAreKnown}. */
  reconstructed(refs: readonly VolumeRef[]): void {
    for (const ref of refs) {
      this.#actual.add(ref, "uncertain", true);
      this.#touch(ref.key);
    }
  }

  /** All pods of the node were listed and handed on: what nobody wants may be unmounted. */
  podsAreKnown(): void {
    this.#arePodsKnown = true;
    this.#ticks.wake();
  }

  /** A sync of the pod begins: its volumes are looked up again, and what changes with each sync is set up again. */
  reprocess(podUid: string): void {
    this.#unprocessed.add(podUid);
    this.#ticks.wake();
  }

  /** The pod stopped, or vanished: its volumes may go. */
  release(podUid: string): void {
    this.#unprocessed.delete(podUid);
    this.#leaving.add(podUid);
    this.#ticks.wake();
  }

  /** Volumes that are mounted, or may be. */
  hasVolumes(podUid: string): boolean {
    return this.#actual.ofPod(podUid).some(({ ref }) => this.#actual.isPossiblyMounted(ref.key));
  }

  /** The same, or something mounted on disk that nobody remembers. */
  async hasVolumesOrMounts(podUid: string): Promise<boolean> {
    if (this.hasVolumes(podUid)) return true;
    for (const folder of await volumeFolders(this.#spec.paths, podUid))
      if (await this.#spec.mounts.isMountPoint(folder).catch(() => false)) return true;
    return false;
  }

  mounted(podUid: string): VolumeRef[] {
    return this.#actual
      .ofPod(podUid)
      .filter(({ state }) => state === "mounted")
      .map(({ ref }) => ref);
  }

  /** Calls `look` after each change of the pod's volumes. */
  watch(podUid: string, look: () => void): Disposable {
    const watchers = this.#watchers.get(podUid) ?? new Set();
    watchers.add(look);
    this.#watchers.set(podUid, watchers);
    return {
      [Symbol.dispose]: () => {
        watchers.delete(look);
        if (watchers.size === 0 && this.#watchers.get(podUid) === watchers) this.#watchers.delete(podUid);
      },
    };
  }

  /** Whether all that the pod's containers mount is mounted. */
  isReady(pod: Pod): boolean {
    const mounted = new Set(this.mounted(pod.metadata.uid).map(({ volumeName }) => volumeName));
    return [...mountedNames(pod)].every((name) => mounted.has(name));
  }

  /** Errors of building the pod's list of volumes, once. */
  takeErrors(podUid: string): readonly string[] {
    const errors = this.#errors.get(podUid) ?? [];
    this.#errors.delete(podUid);
    return errors;
  }

  #touch(key: string): void {
    this.#changed.add(key);
    this.#ticks.wake();
  }

  #notify(podUid: string): void {
    for (const look of [...(this.#watchers.get(podUid) ?? [])]) look();
    this.#spec.onChange(podUid);
  }

  #populate(): void {
    const { pods } = this.#spec;
    for (const podUid of this.#unprocessed) {
      this.#unprocessed.delete(podUid);
      const pod = pods.pod(podUid);
      if (pod === undefined || !pods.mayStart(podUid)) continue;
      const { volumes, errors } = volumesOf(pod);
      for (const volume of volumes) {
        if (!this.#desired.has(volume.key)) this.#touch(volume.key);
        this.#desired.add(volume);
      }
      if (errors.length > 0) {
        this.#errors.set(podUid, errors);
        this.#notify(podUid);
      } else this.#markRemounts(podUid);
    }
    for (const podUid of this.#leaving) this.#dropVolumesOf(podUid);
    if (!this.#arePodsKnown || this.#mayUnmount) return;
    // Only now is everything desired that somebody wants.
    this.#mayUnmount = true;
    for (const key of this.#actual.keys()) this.#touch(key);
  }

  #markRemounts(podUid: string): void {
    for (const volume of this.#actual.ofPod(podUid)) {
      const desired = this.#desired.get(volume.ref.key);
      if (volume.state === "attached" || desired === undefined) continue;
      if (!this.#spec.plugin(volume.ref.kind).wantsRemount(desired)) continue;
      volume.isRemountDue = true;
      this.#touch(volume.ref.key);
    }
  }

  #dropVolumesOf(podUid: string): void {
    const isKnown = this.#spec.pods.pod(podUid) !== undefined;
    for (const key of this.#desired.ofPod(podUid)) {
      // While the pod exists, what was never mounted stays desired: it may yet be being mounted (kubelet's populator).
      if (isKnown && !this.#actual.isPossiblyMounted(key)) continue;
      this.#desired.delete(key);
      this.#touch(key);
    }
    if (this.#desired.ofPod(podUid).length === 0) this.#leaving.delete(podUid);
  }

  #reconcile(): void {
    const now = this.#spec.clock.now();
    for (const [key, due] of this.#retries) {
      if (due > now) continue;
      this.#retries.delete(key);
      this.#changed.add(key);
    }
    const keys = [...this.#changed].filter((key) => !this.#operations.isPending(key));
    this.#changed.clear();
    for (const key of keys) {
      const actual = this.#actual.get(key);
      const desired = this.#desired.get(key);
      if (desired === undefined) this.#reduce(key, actual);
      else this.#fulfil(desired, actual);
    }
    for (const due of this.#retries.values()) this.#ticks.wakeAt(due);
  }

  #reduce(key: string, actual: ActualVolume | undefined): void {
    if (actual === undefined) return;
    if (actual.state === "attached") {
      this.#actual.delete(key);
      this.#operations.forget(key);
      this.#notify(actual.ref.podUid);
    } else if (this.#mayUnmount) this.#begin(key, "unmount", () => this.#unmount(actual));
  }

  #fulfil(desired: PodVolume, actual: ActualVolume | undefined): void {
    if (actual === undefined) {
      const { kind, key, pod, volume } = desired;
      this.#actual.add({ kind, key, podUid: pod.metadata.uid, volumeName: volume.name }, "attached");
      this.#touch(key);
    } else if (actual.state !== "mounted" || actual.isRemountDue)
      this.#begin(desired.key, "mount", () => this.#mount(desired, actual));
  }

  #begin(key: string, name: "mount" | "unmount", work: () => Promise<void>): void {
    const due = this.#operations.begin(key, name, work);
    if (due !== undefined) this.#retries.set(key, due);
  }

  async #mount(desired: PodVolume, actual: ActualVolume): Promise<void> {
    const { plugin, events } = this.#spec;
    const prior = this.#actual.priorOf(desired.key);
    try {
      await plugin(desired.kind).setUp(desired, prior);
    } catch (error) {
      const kind = error instanceof SetUpError ? error.kind : "final";
      if (kind === "final" && prior === "uncertain") actual.state = "attached";
      if (kind === "uncertain" && prior === "new") actual.state = "uncertain";
      const message = `MountVolume.SetUp failed for volume "${desired.volume.name}" : ${messageOf(error)}`;
      events.post({ pod: desired.pod, type: "Warning", reason: "FailedMount", message });
      throw error;
    }
    actual.state = "mounted";
    actual.isRemountDue = false;
    actual.isReconstructed = false;
  }

  async #unmount(actual: ActualVolume): Promise<void> {
    const { plugin, log, releaseSubPaths } = this.#spec;
    try {
      await releaseSubPaths(actual.ref);
      await plugin(actual.ref.kind).tearDown(actual.ref);
    } catch (error) {
      actual.state = "uncertain";
      log.warn("volume was not unmounted", { volume: actual.ref.key }, error);
      throw error;
    }
    actual.state = "attached";
  }
}
