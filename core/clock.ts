import { Activity } from "./activity.ts";
import { MountproofError } from "./errors.ts";

/**
 * Time as a service (design, rule 1). Nothing outside core/ reads the system's time or sets a timer.
 * All durations and instants are milliseconds; instants count from the Unix epoch.
 */
export interface Clock {
  readonly kind: "real" | "virtual";
  readonly activity: Activity;
  /** Now, as the simulated world sees it. */
  now(): number;
  /** Wall time: for certificates and for measuring how long something really took. */
  wall(): number;
  /** Calls `fire` once after `ms`. Cancel by `cancel()` or disposal. A thrown error becomes an unhandled rejection. */
  timer(ms: number, fire: () => void, options?: TimerOptions): Timer;
  /** Resolves after `ms`; rejects with the signal's reason when `signal` aborts first. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** A deadline `ms` from now; its signal aborts with a `timeout` error when it passes. */
  deadline(ms: number, options?: { readonly signal?: AbortSignal }): Deadline;
}

export type TimerOptions = {
  /** False: the timer alone does not keep the process alive (real clock only). Default true. */
  readonly ref?: boolean;
};

export type Timer = Disposable & { readonly due: number; cancel(): void };

/** An instant by which something must be over. Dispose it when the work is done. */
export type Deadline = Disposable & {
  readonly at: number;
  readonly signal: AbortSignal;
  /** Milliseconds left, never negative. */
  remaining(): number;
};

/** Go's `time.Duration` in milliseconds, for readable calls: `clock.sleep(seconds(5))`. */
export const seconds = (n: number): number => n * 1000;
export const minutes = (n: number): number => n * 60_000;
export const hours = (n: number): number => n * 3_600_000;

abstract class BaseClock implements Clock {
  abstract readonly kind: "real" | "virtual";
  abstract readonly activity: Activity;
  abstract now(): number;
  abstract timer(ms: number, fire: () => void, options?: TimerOptions): Timer;

  wall(): number {
    return performance.timeOrigin + performance.now();
  }

  sleep(ms: number, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.timer(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  deadline(ms: number, options: { readonly signal?: AbortSignal } = {}): Deadline {
    const controller = new AbortController();
    const at = this.now() + ms;
    const { signal } = options;
    const onAbort = (): void => controller.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = this.timer(
      ms,
      () => controller.abort(new MountproofError("timeout", { message: `deadline of ${ms} ms exceeded` })),
      { ref: false },
    );
    return {
      at,
      signal: controller.signal,
      remaining: () => Math.max(0, at - this.now()),
      [Symbol.dispose]: () => {
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
      },
    };
  }
}

/** The system's time; or one that began with it and runs faster, for whoever would rather not wait. */
export class RealClock extends BaseClock {
  readonly kind = "real";
  readonly activity = new Activity();
  readonly #speed: number;
  readonly #start = Date.now();

  /** @param options `speed`: seconds of this clock in one of the system's; 1 by default */
  constructor(options: { readonly speed?: number } = {}) {
    super();
    this.#speed = options.speed ?? 1;
  }

  now(): number {
    const real = Date.now();
    return this.#speed === 1 ? real : Math.floor(this.#start + (real - this.#start) * this.#speed);
  }

  timer(ms: number, fire: () => void, options: TimerOptions = {}): Timer {
    // setTimeout takes 31 bits; longer timers are re-armed.
    const due = this.now() + ms;
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const left = Math.max(0, (due - this.now()) / this.#speed);
      handle = left > MAX_TIMEOUT ? setTimeout(arm, MAX_TIMEOUT) : setTimeout(fire, left);
      if (options.ref === false) handle.unref();
    };
    arm();
    const cancel = (): void => clearTimeout(handle);
    return { due, cancel, [Symbol.dispose]: cancel };
  }
}

const MAX_TIMEOUT = 2 ** 31 - 1;

/** Real time a virtual clock waits for activity to end before it says who does not come to rest. */
const STUCK_AFTER_MS = 20_000;
/** Turns of the event loop without activity that count as rest. */
const QUIET_TURNS = 3;

type PendingTimer = { readonly due: number; readonly order: number; readonly fire: () => void };

/**
 * Time that moves only when told to, and only when nothing is under way. Timers fire in order of their
 * due time (ties in order of creation); between two timers everything they set off settles.
 *
 * @example
 * const clock = new VirtualClock();
 * void clock.sleep(seconds(90)).then(() => console.log("rotated"));
 * await clock.advance(seconds(90));
 */
export class VirtualClock extends BaseClock {
  readonly kind = "virtual";
  readonly activity = new Activity({ chained: true });
  #now: number;
  #order = 0;
  #pending: PendingTimer[] = [];
  #moving = false;

  /** @param start epoch milliseconds of the first moment; the wall time by default, cut to a second */
  constructor(start?: number) {
    super();
    this.#now = start ?? Math.floor(Date.now() / 1000) * 1000;
  }

  now(): number {
    return this.#now;
  }

  timer(ms: number, fire: () => void): Timer {
    const due = this.#now + Math.max(0, Number.isFinite(ms) ? ms : 0);
    const timer: PendingTimer = { due, order: this.#order++, fire };
    // Kept sorted: there are tens of timers, and the next one is asked for far more often than one is added.
    let at = this.#pending.length;
    while (at > 0 && (this.#pending[at - 1] as PendingTimer).due > due) at--;
    this.#pending.splice(at, 0, timer);
    const cancel = (): void => {
      const index = this.#pending.indexOf(timer);
      if (index >= 0) this.#pending.splice(index, 1);
    };
    return { due, cancel, [Symbol.dispose]: cancel };
  }

  /** When the next timer is due; undefined when none is set. */
  nextDue(): number | undefined {
    return this.#pending[0]?.due;
  }

  /** Waits, in real time, until nothing is under way. The clock stands still. */
  async settle(): Promise<void> {
    const started = performance.now();
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      if (this.activity.count > 0) {
        quiet = 0;
        await this.#idleOrStuck(started);
      }
      const before = this.activity.version;
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = before === this.activity.version && this.activity.count === 0 ? quiet + 1 : 0;
    }
  }

  /** Moves `ms` ahead, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    await this.#exclusively(async () => {
      const target = this.#now + ms;
      await this.settle();
      while ((this.nextDue() ?? Number.POSITIVE_INFINITY) <= target) await this.#fireNext();
      this.#now = target;
    });
  }

  /**
   * Moves from timer to timer until `holds` is true.
   * @returns whether it became true within `ms`; the clock stands where that was seen, or at the limit
   */
  async advanceUntil(holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
    return await this.#exclusively(async () => {
      const limit = this.#now + ms;
      for (;;) {
        await this.settle();
        if (await holds()) return true;
        const due = this.nextDue();
        if (due === undefined || due > limit) {
          this.#now = limit;
          return false;
        }
        await this.#fireNext();
      }
    });
  }

  async #fireNext(): Promise<void> {
    const timer = this.#pending.shift();
    if (timer === undefined) return;
    this.#now = Math.max(this.#now, timer.due);
    timer.fire();
    await this.settle();
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#moving)
      throw new MountproofError("internal", {
        message: "the virtual clock is already being moved",
        hint: "one step moves the clock at a time; code under test sleeps instead",
      });
    this.#moving = true;
    try {
      return await work();
    } finally {
      this.#moving = false;
    }
  }

  async #idleOrStuck(started: number): Promise<void> {
    let handle: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_, reject) => {
      handle = setTimeout(
        () =>
          reject(
            new MountproofError("timeout", {
              message: `the simulation does not come to rest: ${this.activity.describe().join(", ")}`,
              hint: "a call hangs without parking its activity token, or a reader stopped reading its watch",
            }),
          ),
        Math.max(0, STUCK_AFTER_MS - (performance.now() - started)),
      );
    });
    try {
      await Promise.race([this.activity.whenIdle(), stuck]);
    } finally {
      clearTimeout(handle);
    }
  }
}
