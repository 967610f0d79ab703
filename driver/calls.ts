/** The calls that a server has not finished: whoever stops it waits for them. */
export class CallsUnderWay {
  readonly #calls = new Set<Promise<unknown>>();

  async track<T>(work: Promise<T>): Promise<T> {
    this.#calls.add(work);
    try {
      return await work;
    } finally {
      this.#calls.delete(work);
    }
  }

  /** Resolves when those under way now have ended, however. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#calls);
  }
}
