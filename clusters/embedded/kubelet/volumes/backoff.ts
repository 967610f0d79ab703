/** Waits between failures of one operation: 500 ms, doubled up to 2 m 2 s (spec kubelet-csi §6). */
export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  #wait = 0;
  #failedAt = 0;

  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
  }

  failed(now: number): void {
    this.#wait = this.#wait === 0 ? this.#first : Math.min(this.#wait * 2, this.#longest);
    this.#failedAt = now;
  }

  /** The first moment at which the operation may be tried again. */
  get due(): number {
    return this.#wait === 0 ? 0 : this.#failedAt + this.#wait;
  }
}
