import type { Clock } from "../../../../core/index.ts";
import { TickLoop } from "../ticks.ts";
import type { KubeletTiming } from "../timing.ts";

export type SyncQueueSpec = {
  readonly clock: Clock;
  readonly timing: KubeletTiming;
  readonly origin: number;
  readonly onDue: (podUid: string) => void;
};

/** When each pod is synced next without any other reason; looked up on ticks of one second. */
export class SyncQueue implements Disposable {
  readonly #spec: SyncQueueSpec;
  readonly #due = new Map<string, number>();
  readonly #ticks: TickLoop;

  constructor(spec: SyncQueueSpec) {
    this.#spec = spec;
    this.#ticks = new TickLoop({
      clock: spec.clock,
      name: "sync loop",
      periodMs: spec.timing.syncTick,
      origin: spec.origin,
      run: () => this.#tick(),
    });
  }

  [Symbol.dispose](): void {
    this.#ticks[Symbol.dispose]();
  }

  /** Replaces what was set before. */
  set(podUid: string, due: number): void {
    this.#due.set(podUid, due);
    this.#ticks.wakeAt(due);
  }

  delete(podUid: string): void {
    this.#due.delete(podUid);
  }

  #tick(): void {
    const now = this.#spec.clock.now();
    const ready: string[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [podUid, due] of this.#due)
      if (due <= now) ready.push(podUid);
      else next = Math.min(next, due);
    for (const podUid of ready) this.#due.delete(podUid);
    for (const podUid of ready) this.#spec.onDue(podUid);
    if (Number.isFinite(next)) this.#ticks.wakeAt(next);
  }
}
