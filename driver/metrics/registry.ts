/** Label names to values. */
export type Labels = Readonly<Record<string, string>>;

export type Counter = { increment(labels: Labels): void };
export type Histogram = { observe(labels: Labels, value: number): void };

type Series = { readonly labels: Labels; value: number };
type Buckets = { readonly labels: Labels; readonly counts: number[]; sum: number; count: number };
type Metric =
  | { readonly kind: "counter"; readonly name: string; readonly help: string; readonly series: Map<string, Series> }
  /** Always 1: its labels are what it says. */
  | { readonly kind: "gauge"; readonly name: string; readonly help: string; readonly labels: Labels }
  | {
      readonly kind: "histogram";
      readonly name: string;
      readonly help: string;
      readonly bounds: readonly number[];
      readonly series: Map<string, Buckets>;
    };

/** Prometheus' text format, version 0.0.4, for counters and histograms. A series appears with its first use. */
export class Registry {
  readonly #metrics: Metric[] = [];
  readonly #constant: Labels;

  /** @param constant labels that every line carries */
  constructor(constant: Labels = {}) {
    this.#constant = constant;
  }

  counter(name: string, help: string): Counter {
    const series = new Map<string, Series>();
    this.#metrics.push({ kind: "counter", name, help, series });
    return {
      increment: (labels) => {
        const key = keyOf(labels);
        const known = series.get(key);
        if (known === undefined) series.set(key, { labels, value: 1 });
        else known.value++;
      },
    };
  }

  /** What does not change, told by labels; without those that every other line carries. */
  info(name: string, help: string, labels: Labels): void {
    this.#metrics.push({ kind: "gauge", name, help, labels });
  }

  /** @param bounds upper bounds of the buckets, ascending, without infinity */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new Map<string, Buckets>();
    this.#metrics.push({ kind: "histogram", name, help, bounds, series });
    return {
      observe: (labels, value) => {
        const key = keyOf(labels);
        const known = series.get(key) ?? { labels, counts: bounds.map(() => 0), sum: 0, count: 0 };
        series.set(key, known);
        const bucket = bounds.findIndex((bound) => value <= bound);
        if (bucket >= 0) known.counts[bucket] = (known.counts[bucket] ?? 0) + 1;
        known.sum += value;
        known.count++;
      },
    };
  }

  /** A counter's value, or a histogram's count; 0 for what was never used. */
  value(name: string, labels: Labels): number {
    const metric = this.#metrics.find((one) => one.name === name);
    if (metric?.kind === "counter") return metric.series.get(keyOf(labels))?.value ?? 0;
    return metric?.kind === "histogram" ? (metric.series.get(keyOf(labels))?.count ?? 0) : 0;
  }

  text(): string {
    const isUsed = (metric: Metric): boolean => metric.kind === "gauge" || metric.series.size > 0;
    const used = this.#metrics.filter(isUsed).sort((a, b) => (a.name < b.name ? -1 : 1));
    return used
      .map((metric) => {
        const head = `# HELP ${metric.name} ${metric.help}\n# TYPE ${metric.name} ${metric.kind}\n`;
        if (metric.kind === "gauge") return `${head}${metric.name}${shown(metric.labels)} 1\n`;
        return head + (metric.kind === "counter" ? this.#counterLines(metric) : this.#histogramLines(metric));
      })
      .join("");
  }

  #counterLines(metric: Extract<Metric, { kind: "counter" }>): string {
    return [...metric.series.values()]
      .map(({ labels, value }) => `${metric.name}${this.#shown(labels)} ${value}\n`)
      .sort()
      .join("");
  }

  #histogramLines(metric: Extract<Metric, { kind: "histogram" }>): string {
    const lines: string[] = [];
    for (const { labels, counts, sum, count } of metric.series.values()) {
      let below = 0;
      metric.bounds.forEach((bound, index) => {
        below += counts[index] ?? 0;
        lines.push(`${metric.name}_bucket${this.#shown(labels, String(bound))} ${below}\n`);
      });
      lines.push(`${metric.name}_bucket${this.#shown(labels, "+Inf")} ${count}\n`);
      lines.push(`${metric.name}_sum${this.#shown(labels)} ${sum}\n`);
      lines.push(`${metric.name}_count${this.#shown(labels)} ${count}\n`);
    }
    return lines.join("");
  }

  #shown(labels: Labels, bound?: string): string {
    return shown({ ...this.#constant, ...labels }, bound);
  }
}

function shown(labels: Labels, bound?: string): string {
  const all = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  if (bound !== undefined) all.push(["le", bound]);
  return all.length === 0 ? "" : `{${all.map(([name, value]) => `${name}="${escaped(value)}"`).join(",")}}`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}

function keyOf(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}\u0000${labels[name]}`)
    .join("\u0001");
}
