import type { ObjectVersion } from "./provider/reply.ts";
import type { Restraint } from "./publish/throttling.ts";
import { classOf, type Volume } from "./publish/volume.ts";

export type LedgerEntry = {
  readonly podUid: string;
  /** `namespace/name` of the SecretProviderClass. */
  readonly className: string;
  readonly targetPath: string;
  readonly versions: readonly ObjectVersion[];
  /** When a publish last went through to the end; undefined while the first is under way. */
  readonly publishedAt: number | undefined;
};

/** What this driver published, by target path. It lives as long as the process: after a restart all is due. */
export class Ledger {
  readonly #entries = new Map<string, LedgerEntry>();
  /** Target paths by pod: a node holds thousands of volumes, a pod few. */
  readonly #ofPods = new Map<string, Set<string>>();
  readonly #restraints = new Map<string, Restraint>();

  get(targetPath: string): LedgerEntry | undefined {
    return this.#entries.get(targetPath);
  }

  /** The payload stands in the volume; its status is not recorded yet. */
  wrote(volume: Volume, versions: readonly ObjectVersion[]): void {
    const ofPod = this.#ofPods.get(volume.pod.uid) ?? new Set();
    this.#ofPods.set(volume.pod.uid, ofPod.add(volume.targetPath));
    this.#entries.set(volume.targetPath, {
      podUid: volume.pod.uid,
      className: classOf(volume),
      targetPath: volume.targetPath,
      versions,
      publishedAt: this.#entries.get(volume.targetPath)?.publishedAt,
    });
  }

  published(volume: Volume, at: number): void {
    this.#restraints.delete(volume.targetPath);
    const entry = this.#entries.get(volume.targetPath);
    if (entry !== undefined) this.#entries.set(volume.targetPath, { ...entry, publishedAt: at });
  }

  /** Set while the store of a volume asks for fewer calls. */
  restraint(targetPath: string): Restraint | undefined {
    return this.#restraints.get(targetPath);
  }

  restrain(targetPath: string, restraint: Restraint): void {
    this.#restraints.set(targetPath, restraint);
  }

  forget(targetPath: string): void {
    const { podUid = "" } = this.#entries.get(targetPath) ?? {};
    const ofPod = this.#ofPods.get(podUid);
    ofPod?.delete(targetPath);
    if (ofPod?.size === 0) this.#ofPods.delete(podUid);
    this.#restraints.delete(targetPath);
    this.#entries.delete(targetPath);
  }

  /** Every volume of the pod with the same SecretProviderClass, this one among them; by target path. */
  siblings(volume: Volume): LedgerEntry[] {
    const className = classOf(volume);
    const found: LedgerEntry[] = [];
    for (const targetPath of this.#ofPods.get(volume.pod.uid) ?? []) {
      const entry = this.#entries.get(targetPath);
      if (entry?.podUid === volume.pod.uid && entry.className === className) found.push(entry);
    }
    return found.sort((a, b) => (a.targetPath < b.targetPath ? -1 : 1));
  }
}
