/**
 * Who is busy (design, rule 1). Everything that is under way on the wire, on disk or in a queue holds a
 * token; the virtual clock moves only when nobody holds one. Quiet is counted, never guessed.
 */

export type ActivityToken = Disposable & {
  /** Give the token back. Idempotent. */
  end(): void;
  /** The work hangs on purpose (a fault): it no longer keeps the clock from moving. */
  park(): void;
  /** The hang is over: the token counts again, unless it was ended meanwhile. */
  unpark(): void;
};

/**
 * A stream whose reader may lag behind its writer, such as a watch. Each `sent()` holds a token until a
 * `received()`; `close()` gives back whatever is outstanding.
 */
export type ActivityChannel = {
  readonly id: string;
  sent(): void;
  received(): void;
  close(): void;
};

export class Activity {
  #nextId = 1;
  readonly #held = new Map<number, string>();
  readonly #channels = new Map<string, ActivityChannel>();
  #idleWaiters: (() => void)[] = [];
  #version = 0;

  /** Tokens that keep the clock still. */
  get count(): number {
    return this.#held.size;
  }

  /** Changes with every begin and end: equal before and after means that nothing happened between. */
  get version(): number {
    return this.#version;
  }

  begin(label: string): ActivityToken {
    const id = this.#nextId++;
    let ended = false;
    const hold = (): void => {
      this.#version++;
      this.#held.set(id, label);
    };
    const release = (): void => {
      this.#version++;
      if (this.#held.delete(id) && this.#held.size === 0) this.#wake();
    };
    hold();
    const end = (): void => {
      if (ended) return;
      ended = true;
      release();
    };
    return {
      end,
      park: release,
      unpark: () => {
        if (!ended) hold();
      },
      [Symbol.dispose]: end,
    };
  }

  /** Holds a token while `work` runs. */
  async track<T>(label: string, work: () => Promise<T>): Promise<T> {
    const token = this.begin(label);
    try {
      return await work();
    } finally {
      token.end();
    }
  }

  /** Opened by the reader of a stream; the writer finds it by `id` (see {@link Activity.channel}). */
  openChannel(id: string): ActivityChannel {
    const tokens: ActivityToken[] = [];
    const channel: ActivityChannel = {
      id,
      sent: () => {
        if (this.#channels.get(id) === channel) tokens.push(this.begin(`channel ${id}`));
      },
      received: () => tokens.shift()?.end(),
      close: () => {
        this.#channels.delete(id);
        for (const token of tokens.splice(0)) token.end();
      },
    };
    this.#channels.set(id, channel);
    return channel;
  }

  /** The channel a reader in this process opened under `id`; undefined for readers elsewhere. */
  channel(id: string): ActivityChannel | undefined {
    return this.#channels.get(id);
  }

  /** Resolves when no token is held (at once if none is). */
  whenIdle(): Promise<void> {
    if (this.#held.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** What is under way, for the message of a run that does not come to rest. */
  describe(): string[] {
    const counts = new Map<string, number>();
    for (const label of this.#held.values()) counts.set(label, (counts.get(label) ?? 0) + 1);
    return [...counts].map(([label, n]) => (n === 1 ? label : `${label} (${n})`));
  }

  #wake(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }
}
