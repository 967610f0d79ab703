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

/**
 * Calls `work` `total` times with `inFlight` at once and says how fast that went. A tenth of the calls, at
 * least one per lane, run before and are not counted.
 */
export async function rateOf(
  work: (index: number) => Promise<unknown>,
  options: { readonly inFlight: number; readonly total: number },
): Promise<Rate> {
  const { inFlight, total } = options;
  const warm = Math.max(inFlight, Math.floor(total / 10));
  await times(inFlight, warm, work);
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const started = performance.now();
  await times(inFlight, total, async (index) => {
    const before = performance.now();
    await work(warm + index);
    histogram.recordValue(Math.max(1, Math.round((performance.now() - before) * 1000)));
  });
  const seconds = (performance.now() - started) / 1000;
  return {
    perSecond: total / seconds,
    p50Ms: histogram.getValueAtPercentile(50) / 1000,
    p99Ms: histogram.getValueAtPercentile(99) / 1000,
  };
}

/** Calls `work` with `inFlight` at once as long as there is more. */
export async function lanes(inFlight: number, hasMore: () => boolean, work: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (hasMore()) await work();
    }),
  );
}

async function times(inFlight: number, total: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await lanes(
    inFlight,
    () => next < total,
    () => work(next++),
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
