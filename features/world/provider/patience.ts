/**
 * How long a call may take. A provider that has just let a call hang is not given the full time again in every
 * further case, so that the verdict on one that hangs comes in seconds; one answer restores its credit.
 */
export class Patience {
  readonly #full: number;
  #hangs = 0;

  /** @param fullMs what a call gets from a provider that answers */
  constructor(fullMs: number) {
    this.#full = fullMs;
  }

  get ms(): number {
    return this.#hangs === 0 ? this.#full : Math.min(this.#full, this.#hangs === 1 ? 500 : 100);
  }

  answered(): void {
    this.#hangs = 0;
  }

  hung(): void {
    this.#hangs++;
  }
}
