import type { Clock } from "../core/index.ts";

/** The wires an exchange can cross (design, "seams"). */
export type Seam = "kube-api" | "registration" | "csi" | "provider" | "store" | "identity" | "egress" | "control";

/**
 * One exchange on a wire, from its first byte to its last. Values are digests: an entry never holds a
 * secret, a token or a file's content.
 */
export type JournalEntry = {
  readonly seq: number;
  readonly seam: Seam;
  /** The part that served it: `driver`, `provider/vault`, `fake/vault`, `apiserver`, `kubelet/node-0`. */
  readonly server: string;
  /** Who asked, as far as the wire tells: a user name, a token's subject, a socket. */
  readonly caller?: string;
  /** gRPC method or HTTP verb and path: `/csi.v1.Node/NodePublishVolume`, `GET /v1/secret/data/app`. */
  readonly operation: string;
  /** gRPC code name or HTTP status. */
  readonly status: string;
  /** Virtual and wall time of the start, and wall duration, in milliseconds. */
  readonly at: number;
  readonly wall: number;
  readonly tookMs: number;
  /** What steps assert on: ids, names, digests. */
  readonly detail: Readonly<Record<string, unknown>>;
};

export type JournalFilter = {
  readonly seam?: Seam;
  readonly server?: string;
  /** Exact text, or a pattern, of the operation. */
  readonly operation?: string | RegExp;
  /** Entries with a greater `seq` only; see {@link Journal.mark}. */
  readonly since?: number;
};

export type JournalOptions = {
  /** Only about this many of the newest entries are kept: for a server that runs for days. All when left out. */
  readonly keep?: number;
  /** Told of each entry as it is made: a part that runs as a process writes them down for those who look on. */
  readonly onEntry?: (entry: JournalEntry) => void;
};

/** Evidence (design, rule 4): append-only, shared by the parts of one run. */
export class Journal {
  readonly #clock: Clock;
  readonly #keep: number;
  readonly #onEntry: JournalOptions["onEntry"];
  #entries: JournalEntry[] = [];
  #newest = 0;

  constructor(clock: Clock, options: JournalOptions = {}) {
    this.#clock = clock;
    this.#keep = options.keep ?? Number.POSITIVE_INFINITY;
    this.#onEntry = options.onEntry;
  }

  /** Begins an exchange; call the result once with its end. */
  begin(
    exchange: Pick<JournalEntry, "seam" | "server" | "operation"> & { readonly caller?: string },
  ): (status: string, detail?: Readonly<Record<string, unknown>>) => JournalEntry {
    const at = this.#clock.now();
    const wall = this.#clock.wall();
    return (status, detail = {}) => {
      return this.take({ ...exchange, status, at, wall, tookMs: this.#clock.wall() - wall, detail });
    };
  }

  /** Enters an exchange that is over, under the next number. */
  take(exchange: Omit<JournalEntry, "seq">): JournalEntry {
    const entry: JournalEntry = { ...exchange, seq: ++this.#newest };
    this.#entries.push(entry);
    // Half as much again may gather before the old ones go: not every entry pays for a copy.
    if (this.#entries.length > this.#keep * 1.5) this.#entries = this.#entries.slice(-this.#keep);
    this.#onEntry?.(entry);
    return entry;
  }

  /** How many of the oldest are not kept any more. */
  get dropped(): number {
    return this.#newest - this.#entries.length;
  }

  /** The newest `seq`: entries after it are what happens from here on. */
  mark(): number {
    return this.#newest;
  }

  entries(filter: JournalFilter = {}): JournalEntry[] {
    return this.#entries.filter(
      (entry) =>
        entry.seq > (filter.since ?? 0) &&
        (filter.seam === undefined || entry.seam === filter.seam) &&
        (filter.server === undefined || entry.server === filter.server) &&
        (filter.operation === undefined ||
          (typeof filter.operation === "string"
            ? entry.operation === filter.operation
            : filter.operation.test(entry.operation))),
    );
  }
}
