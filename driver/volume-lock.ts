import { type Clock, waiting } from "../core/index.ts";
import { unlessAborted } from "./waiting.ts";

/** One at a time for each volume, in order of arrival; other volumes are not held up. */
export class VolumeLock {
  readonly #clock: Clock;
  readonly #last = new Map<string, Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws GrpcError when the signal aborts before the turn has come */
  async run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const done = Promise.withResolvers<void>();
    const mine = before === undefined ? done.promise : before.then(() => done.promise);
    this.#last.set(key, mine);
    try {
      if (before !== undefined)
        await waiting(this.#clock, `waits for volume ${key}`, () => unlessAborted(before, signal));
      return await work();
    } finally {
      done.resolve();
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
