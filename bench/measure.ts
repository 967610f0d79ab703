import { build } from "hdr-histogram-js";

/** One line of the bench's output. `ratio` is value over baseline where both stand for the same kind of figure. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: { readonly name: string; readonly value: number } | null;
  readonly ratio: number | null;
};

export type Rate = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };

export type Contender = {
  readonly work: (index: number) => Promise<unknown>;
  /** Calls in one turn. */
  readonly turn: number;
};

/**
 * Calls `work` `total` times with `inFlight` at once and says how fast that went. A tenth of the calls, at
 * least one per lane, run before and are not counted.
 */
export async function rateOf(
  work: (index: number) => Promise<unknown>,
  { inFlight, total }: { readonly inFlight: number; readonly total: number },
): Promise<Rate> {
  const tally = new Tally(work);
  await tally.warmUp(inFlight, Math.max(inFlight, Math.floor(total / 10)));
  await tally.turn(inFlight, total);
  return tally.rate();
}

/** Both by turns, so that whatever else the machine does meanwhile is done to both. One turn of each is not counted. */
export async function ratesByTurns(
  contenders: readonly [Contender, Contender],
  { inFlight, turns }: { readonly inFlight: number; readonly turns: number },
): Promise<[Rate, Rate]> {
  const [one, other] = [new Tally(contenders[0].work), new Tally(contenders[1].work)];
  await one.warmUp(inFlight, contenders[0].turn);
  await other.warmUp(inFlight, contenders[1].turn);
  for (let turn = 0; turn < turns; turn++) {
    await one.turn(inFlight, contenders[0].turn);
    await other.turn(inFlight, contenders[1].turn);
  }
  return [one.rate(), other.rate()];
}

class Tally {
  readonly #work: (index: number) => Promise<unknown>;
  readonly #histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  #next = 0;
  #calls = 0;
  #ms = 0;

  constructor(work: (index: number) => Promise<unknown>) {
    this.#work = work;
  }

  async warmUp(inFlight: number, calls: number): Promise<void> {
    await this.#run(inFlight, calls, this.#work);
  }

  async turn(inFlight: number, calls: number): Promise<void> {
    const started = performance.now();
    await this.#run(inFlight, calls, async (index) => {
      const before = performance.now();
      await this.#work(index);
      this.#histogram.recordValue(Math.max(1, Math.round((performance.now() - before) * 1000)));
    });
    this.#ms += performance.now() - started;
    this.#calls += calls;
  }

  rate(): Rate {
    return {
      perSecond: (this.#calls * 1000) / this.#ms,
      p50Ms: this.#histogram.getValueAtPercentile(50) / 1000,
      p99Ms: this.#histogram.getValueAtPercentile(99) / 1000,
    };
  }

  async #run(inFlight: number, calls: number, work: (index: number) => Promise<unknown>): Promise<void> {
    const end = this.#next + calls;
    await lanes(
      inFlight,
      () => this.#next < end,
      () => work(this.#next++),
    );
  }
}

/** Calls `work` with `inFlight` at once as long as there is more. */
export async function lanes(inFlight: number, hasMore: () => boolean, work: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (hasMore()) await work();
    }),
  );
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function figure(
  name: string,
  value: number,
  unit: string,
  baseline?: { readonly name: string; readonly value: number },
): Figure {
  const round = (n: number): number => Number(n.toPrecision(4));
  return {
    name,
    value: round(value),
    unit,
    baseline: baseline === undefined ? null : { name: baseline.name, value: round(baseline.value) },
    ratio: baseline === undefined || baseline.value === 0 ? null : round(value / baseline.value),
  };
}
