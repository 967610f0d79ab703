/**
 * How long a call may take. A provider that has let two calls hang, one after the other, is not given the full time
 * again in every further case, so that the verdict on one that hangs comes in seconds; the first may have been a cold
 * start. One answer restores its credit.
 */
export class Patience {
  readonly #full: number;
  #hangs = 0;

  /** @param fullMs what a call gets from a provider that answers */
  constructor(fullMs: number) {
    this.#full = fullMs;
  }

  get ms(): number {
    return this.#hangs < 2 ? this.#full : Math.min(this.#full, this.#hangs === 2 ? 500 : 100);
  }

  answered(): void {
    this.#hangs = 0;
  }

  hung(): void {
    this.#hangs++;
  }
}
