import { containersOf, type Pod } from "../types.ts";
import { uniqueName } from "./names.ts";
import { kindOf, type PodVolume } from "./plugin.ts";

/** Names of the volumes that some container mounts; the others are never set up. */
export function mountedNames(pod: Pod): ReadonlySet<string> {
  return new Set(containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)));
}

/** The volumes that a pod needs, and why some cannot be had. */
export function volumesOf(pod: Pod): { readonly volumes: PodVolume[]; readonly errors: string[] } {
  const used = mountedNames(pod);
  const volumes: PodVolume[] = [];
  const errors: string[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    if (!used.has(volume.name)) continue;
    const kind = kindOf(volume);
    if (kind === undefined) {
      const source = Object.keys(volume).find((key) => key !== "name") ?? "";
      errors.push(`error processing volume "${volume.name}": the simulated kubelet has no "${source}" volumes`);
    } else volumes.push({ kind, key: uniqueName(kind, pod.metadata.uid, volume.name), pod, volume });
  }
  return { volumes, errors };
}

/** Which volumes ought to be mounted, by pod. */
export class DesiredState {
  readonly #volumes = new Map<string, PodVolume>();
  readonly #keysByPod = new Map<string, Set<string>>();

  add(volume: PodVolume): void {
    this.#volumes.set(volume.key, volume);
    const { uid } = volume.pod.metadata;
    const keys = this.#keysByPod.get(uid) ?? new Set();
    keys.add(volume.key);
    this.#keysByPod.set(uid, keys);
  }

  get(key: string): PodVolume | undefined {
    return this.#volumes.get(key);
  }

  has(key: string): boolean {
    return this.#volumes.has(key);
  }

  delete(key: string): void {
    const volume = this.#volumes.get(key);
    if (volume === undefined) return;
    this.#volumes.delete(key);
    const { uid } = volume.pod.metadata;
    const keys = this.#keysByPod.get(uid);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysByPod.delete(uid);
  }

  ofPod(podUid: string): string[] {
    return [...(this.#keysByPod.get(podUid) ?? [])];
  }
}
