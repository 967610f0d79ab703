import type { KubeletTiming } from "../timing.ts";

type Entry = { readonly since: number; readonly wait: number };

/** Waits between two tries to pull an image that cannot be had: 10 s, doubled up to 5 minutes, as for restarts. */
export class ImageBackoff {
  readonly #timing: KubeletTiming;
  readonly #entries = new Map<string, Entry>();

  constructor(timing: KubeletTiming) {
    this.#timing = timing;
  }

  /** Whether it is too early for another try. */
  isWaiting(key: string, now: number): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && now - entry.since < entry.wait;
  }

  failed(key: string, now: number): void {
    const { restartFirst, restartLongest } = this.#timing;
    const before = this.#entries.get(key)?.wait;
    const wait = before === undefined ? restartFirst : Math.min(restartLongest, before * 2);
    this.#entries.set(key, { since: now, wait });
  }

  succeeded(key: string): void {
    this.#entries.delete(key);
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}
