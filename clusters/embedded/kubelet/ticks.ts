import type { Clock, Timer } from "../../../core/index.ts";

export type TickLoopSpec = {
  readonly clock: Clock;
  /** Names the loop in activity. */
  readonly name: string;
  readonly periodMs: number;
  /** Ticks fall on this instant plus whole periods. */
  readonly origin: number;
  /** What a tick does. It may wake the loop again. */
  readonly run: () => Promise<void> | void;
};

/**
 * A loop that kubelet runs every so many milliseconds, without the polling: a tick comes only after something
 * woke the loop, at the moment at which the polling loop would have looked next.
 */
export class TickLoop implements Disposable {
  readonly #spec: TickLoopSpec;
  #timer: Timer | undefined;
  #isRunning = false;
  /** Asked for while a tick ran. */
  #next: number | undefined;
  #isOver = false;

  constructor(spec: TickLoopSpec) {
    this.#spec = spec;
  }

  /** The first tick after `after`. */
  tickAfter(after: number = this.#spec.clock.now()): number {
    const { origin, periodMs } = this.#spec;
    return origin + (Math.floor((after - origin) / periodMs) + 1) * periodMs;
  }

  /** The last tick up to now, whether or not anything ran on it. */
  lastTick(): number {
    return this.tickAfter() - this.#spec.periodMs;
  }

  /** Whether a tick is due that has not run yet: on a busy machine timers fire late. */
  isLate(): boolean {
    return this.#timer !== undefined && this.#timer.due <= this.#spec.clock.now();
  }

  /** Runs at the next tick. */
  wake(): void {
    this.#arm(this.tickAfter());
  }

  /** Runs at the first tick that is not before `due`. */
  wakeAt(due: number): void {
    this.#arm(Math.max(this.tickAfter(), this.tickAfter(due - 1)));
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #arm(at: number): void {
    if (this.#isOver) return;
    if (this.#isRunning) {
      this.#next = Math.min(at, this.#next ?? at);
      return;
    }
    if (this.#timer !== undefined && this.#timer.due <= at) return;
    this.#timer?.cancel();
    const { clock } = this.#spec;
    this.#timer = clock.timer(at - clock.now(), () => void this.#fire(), { ref: false });
  }

  async #fire(): Promise<void> {
    const { clock, name, run } = this.#spec;
    this.#timer = undefined;
    this.#isRunning = true;
    try {
      await clock.activity.track(`kubelet ${name}`, async () => run());
    } finally {
      this.#isRunning = false;
      const next = this.#next;
      this.#next = undefined;
      if (next !== undefined) this.#arm(Math.max(next, this.tickAfter()));
    }
  }
}
