import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Who is busy (design, rule 1). Everything that is under way on the wire, on disk or in a queue holds a
 * token; the virtual clock moves only when nobody holds one. Quiet is counted, never guessed.
 *
 * Tokens form chains: what is begun while another token's work runs is its child, in this process by async
 * context, across a wire by the token's id. A hang parks its token and, with it, everybody who waits for it;
 * a cancellation that travels down a chain makes the parked ones count again until they have ended.
 */
export type ActivityToken = Disposable & {
  /** Travels with a call, so that the other side can name its parent. */
  readonly id: number;
  /** Give the token back. Idempotent. */
  end(): void;
  /** The work hangs on purpose (a fault): it, and who waits for it, no longer keep the clock from moving. */
  park(): void;
  /** The hang is over: the token counts again, unless it was ended meanwhile. */
  unpark(): void;
  /** The work was called off: what hangs below it counts again, until it has noticed. */
  callOff(): void;
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

class Token implements ActivityToken {
  readonly id: number;
  readonly label: string;
  readonly #owner: Ledger;
  readonly #parent: Token | undefined;
  readonly #children = new Set<Token>();
  /** Hangs that this token waits for: its own, and those of its descendants. */
  #hangs = 0;
  #isParked = false;
  #isOver = false;

  constructor(owner: Ledger, id: number, label: string, parent: Token | undefined) {
    this.id = id;
    this.label = label;
    this.#owner = owner;
    this.#parent = parent?.isOver === false ? parent : undefined;
    if (this.#parent !== undefined) this.#parent.#children.add(this);
    owner.hold(this);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    if (this.#isOver) return;
    this.unpark();
    this.#isOver = true;
    if (this.#parent !== undefined) this.#parent.#children.delete(this);
    this.#owner.forget(this);
  }

  park(): void {
    if (this.#isParked || this.#isOver) return;
    this.#isParked = true;
    for (let token: Token | undefined = this; token !== undefined; token = token.#parent) token.#countHang(1);
  }

  unpark(): void {
    if (!this.#isParked) return;
    this.#isParked = false;
    for (let token: Token | undefined = this; token !== undefined; token = token.#parent) token.#countHang(-1);
  }

  callOff(): void {
    this.unpark();
    for (const child of [...this.#children]) child.callOff();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #countHang(change: 1 | -1): void {
    const before = this.#hangs;
    this.#hangs += change;
    if (this.#isOver) return;
    if (before === 0) this.#owner.release(this);
    else if (this.#hangs === 0) this.#owner.hold(this);
  }
}

type Ledger = { hold(token: Token): void; release(token: Token): void; forget(token: Token): void };

export type ActivityOptions = {
  /** Chain tokens (virtual time). Off, begin and end are a map entry and nothing else. */
  readonly chained?: boolean;
};

export class Activity {
  #nextId = 1;
  #version = 0;
  #idleWaiters: (() => void)[] = [];
  readonly #held = new Set<Token>();
  readonly #byId = new Map<number, Token>();
  readonly #channels = new Map<string, ActivityChannel>();
  readonly #context: AsyncLocalStorage<Token> | undefined;
  readonly #ledger: Ledger = {
    hold: (token) => {
      this.#version++;
      this.#held.add(token);
    },
    release: (token) => this.#drop(token),
    forget: (token) => {
      this.#byId.delete(token.id);
      this.#drop(token);
    },
  };

  constructor(options: ActivityOptions = {}) {
    this.#context = options.chained === true ? new AsyncLocalStorage<Token>() : undefined;
  }

  /** True when ids should travel with calls. */
  get isChained(): boolean {
    return this.#context !== undefined;
  }

  /** Tokens that keep the clock still. */
  get count(): number {
    return this.#held.size;
  }

  /** Changes with every begin and end: equal before and after means that nothing happened between. */
  get version(): number {
    return this.#version;
  }

  /** @param parentId the id that came with a call; without it the parent is whose work this runs in */
  begin(label: string, parentId?: number): ActivityToken {
    const parent = parentId === undefined ? this.#context?.getStore() : this.#byId.get(parentId);
    const token = new Token(this.#ledger, this.#nextId++, label, parent);
    if (this.#context !== undefined) this.#byId.set(token.id, token);
    return token;
  }

  /** Runs `work` as the work of `token`: what it begins is the token's child. Does not end the token. */
  run<T>(token: ActivityToken, work: () => T): T {
    return this.#context !== undefined && token instanceof Token ? this.#context.run(token, work) : work();
  }

  /** Holds a token while `work` runs. */
  async track<T>(label: string, work: () => Promise<T>): Promise<T> {
    const token = this.begin(label);
    try {
      return await this.run(token, work);
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
        // A stream outlives what opened it, so its tokens have no parent: nobody hangs because of it.
        if (this.#channels.get(id) === channel)
          tokens.push(new Token(this.#ledger, this.#nextId++, `channel ${id}`, undefined));
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
    for (const { label } of this.#held) counts.set(label, (counts.get(label) ?? 0) + 1);
    return [...counts].map(([label, n]) => (n === 1 ? label : `${label} (${n})`));
  }

  #drop(token: Token): void {
    this.#version++;
    if (!this.#held.delete(token) || this.#held.size > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }
}
