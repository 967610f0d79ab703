import type { Clock } from "../../../../core/index.ts";
import type { KubeletTiming } from "../timing.ts";
import { Backoff } from "./backoff.ts";

export type OperationName = "mount" | "unmount";

type Operation = { readonly name: OperationName; readonly backoff: Backoff; isPending: boolean };

export type OperationsSpec = {
  readonly clock: Clock;
  readonly timing: KubeletTiming;
  /** An operation on the volume ended, well or not. */
  readonly onEnd: (key: string) => void;
};

/**
 * One operation at a time on each volume, any number on different ones. A failed one is not begun again before its
 * back-off is over; success, or another operation, clears the back-off (spec kubelet-csi §6).
 */
export class VolumeOperations {
  readonly #spec: OperationsSpec;
  readonly #operations = new Map<string, Operation>();
  readonly #running = new Set<Promise<void>>();

  constructor(spec: OperationsSpec) {
    this.#spec = spec;
  }

  isPending(key: string): boolean {
    return this.#operations.get(key)?.isPending === true;
  }

  /**
   * Begins `work` unless the back-off of the same operation forbids it.
   * @returns when it may be tried; undefined when it was begun
   */
  begin(key: string, name: OperationName, work: () => Promise<void>): number | undefined {
    const { clock, timing } = this.#spec;
    const last = this.#operations.get(key);
    const isSame = last?.name === name;
    if (isSame && last.backoff.due > clock.now()) return last.backoff.due;
    const backoff = isSame ? last.backoff : new Backoff(timing.backoffFirst, timing.backoffLongest);
    const operation: Operation = { name, backoff, isPending: true };
    this.#operations.set(key, operation);
    const running = clock.activity.track(`kubelet ${name}`, async () => {
      try {
        await work();
        this.#operations.delete(key);
      } catch {
        // Whoever works reports its failure; here it only counts.
        operation.backoff.failed(clock.now());
        operation.isPending = false;
      }
      this.#spec.onEnd(key);
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
    return undefined;
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** The volume is gone for good. */
  forget(key: string): void {
    this.#operations.delete(key);
  }
}
