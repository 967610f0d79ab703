import { type Clock, waiting } from "../../core/index.ts";

export type ClientLimitOptions = {
  /** Calls a second in the long run; 0 for no limit. */
  readonly qps: number;
  /** Calls at once after a pause. */
  readonly burst: number;
};

/** How fast client-go lets a program ask its API server: a bucket of `burst`, filled with `qps` a second. */
export class ClientLimit {
  readonly #clock: Clock;
  readonly #options: ClientLimitOptions;
  /** When the last of the calls that were let through, or were promised to be, would have used up its share. */
  #paidUntil = 0;

  constructor(clock: Clock, options: ClientLimitOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Resolves when it is the caller's turn; rejects as `signal` aborts. */
  async turn(signal?: AbortSignal): Promise<void> {
    const { qps, burst } = this.#options;
    if (qps <= 0) return;
    const each = 1000 / qps;
    const now = this.#clock.now();
    this.#paidUntil = Math.max(this.#paidUntil, now) + each;
    const wait = this.#paidUntil - burst * each - now;
    if (wait <= 0) return;
    await waiting(this.#clock, "a turn at the API server", () =>
      this.#clock.sleep(wait, signal === undefined ? {} : { signal }),
    );
  }
}
