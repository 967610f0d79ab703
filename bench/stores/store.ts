import type { Clock, Scope } from "../../core/index.ts";

/** A provider in `hardened` in this process, and its fake store: here as well, or in a process of its own. */
export type MountsUnderBench = {
  /** Every answer of the store comes so many milliseconds later. */
  delay(ms: number): void | Promise<void>;
  /** Mounts a volume of so many objects. */
  mount(objects: number): Promise<void>;
};

/** What a fake prints when it serves. */
export type FakeLine = { readonly url: string; readonly caPem?: string };

export type StoreBench = {
  readonly name: string;
  mounts(clock: Clock, scope: Scope): Promise<MountsUnderBench>;
  /** Flags of `mountproof fake NAME`, with a seed for what is read. */
  readonly fakeFlags: readonly string[];
  readonly seed: object;
  /** Before the reads: a token, where it takes one. @returns the bytes of one read of one secret */
  reader(url: URL, line: FakeLine): Promise<() => Buffer>;
  /** What the store's usual emulator says to the same request, where there is one on this machine. */
  emulator?(scope: Scope): Promise<Emulator | undefined>;
};

export type Emulator = {
  readonly name: string;
  readonly url: URL;
  readonly pid: number | undefined;
  request(): Buffer;
};
