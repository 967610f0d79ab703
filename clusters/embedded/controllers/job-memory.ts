import { type Backoff, NO_BACKOFF } from "./job-backoff.ts";
import type { JobMemory } from "./job-plan.ts";
import { isTracked } from "./job-pods.ts";
import type { Job, Pod } from "./objects.ts";

type Kept = { readonly released: Set<string>; backoff: Backoff; written: bigint };

/**
 * What the Job controller keeps of each Job beside its cache: how often pods failed, which pods it has let go though the
 * cache still shows them held, and its own last word on the status. Lost with the controller, as the real one's.
 */
export class JobMemories {
  readonly #byUid = new Map<string, Kept>();

  of(job: Job): JobMemory {
    return this.#keptOf(job.metadata.uid);
  }

  /** Whether the cache shows the Job as it was before our last write. */
  isBehind({ metadata }: Job): boolean {
    return BigInt(metadata.resourceVersion ?? 0) < this.#keptOf(metadata.uid).written;
  }

  wrote({ metadata }: Job): void {
    this.#keptOf(metadata.uid).written = BigInt(metadata.resourceVersion ?? 0);
  }

  keepBackoff({ metadata }: Job, backoff: Backoff): void {
    this.#keptOf(metadata.uid).backoff = backoff;
  }

  released({ metadata }: Job, pods: readonly Pod[]): void {
    const { released } = this.#keptOf(metadata.uid);
    for (const pod of pods) released.add(pod.metadata.uid ?? "");
  }

  /** The cache has news of a pod of the Job with this uid. */
  saw(job: string, pod: Pod, isGone: boolean): void {
    if (isGone || !isTracked(pod)) this.#byUid.get(job)?.released.delete(pod.metadata.uid ?? "");
  }

  forget({ metadata }: Job): void {
    this.#byUid.delete(metadata.uid ?? "");
  }

  #keptOf(uid = ""): Kept {
    const kept = this.#byUid.get(uid) ?? { released: new Set(), backoff: NO_BACKOFF, written: 0n };
    this.#byUid.set(uid, kept);
    return kept;
  }
}
