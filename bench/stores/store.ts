import type { Clock, Scope } from "../../core/index.ts";

/** A provider in `hardened` with its fake store in this process. */
export type MountsUnderBench = {
  /** Every answer of the store comes so many milliseconds later. */
  delay(ms: number): void;
  /** Mounts a volume of so many objects. */
  mount(objects: number): Promise<void>;
};

export type StoreBench = {
  readonly name: string;
  mounts(clock: Clock, scope: Scope): Promise<MountsUnderBench>;
  /** Flags of `mountproof fake NAME`, with a seed for what is read. */
  readonly fakeFlags: readonly string[];
  readonly seed: object;
  /** One read of one secret at the fake that runs at `url`, as the store's client would make it. */
  reader(url: URL, clock: Clock, scope: Scope): () => Promise<unknown>;
};
