type Labels = { readonly kind: string; readonly status: string };
type Series = { readonly labels: Labels; count: number; sum: number; readonly below: number[] };

/** Seconds, as the real provider's histogram has them by default. */
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

/** What the provider asked of others, under the real one's names. */
export class CallMetrics {
  readonly #series = new Map<string, Series>();

  record(kind: string, status: string, tookMs: number): void {
    const key = `${kind} ${status}`;
    const known = this.#series.get(key) ?? { labels: { kind, status }, count: 0, sum: 0, below: BOUNDS.map(() => 0) };
    this.#series.set(key, known);
    const seconds = tookMs / 1000;
    known.count++;
    known.sum += seconds;
    for (const [index, bound] of BOUNDS.entries())
      if (seconds <= bound) known.below[index] = (known.below[index] ?? 0) + 1;
  }

  /** Calls of a kind that ended so. */
  count(kind: string, status: string): number {
    return this.#series.get(`${kind} ${status}`)?.count ?? 0;
  }

  /** Prometheus' text format. */
  text(): string {
    const all = [...this.#series.values()].sort((a, b) => (shown(a.labels) < shown(b.labels) ? -1 : 1));
    if (all.length === 0) return "";
    return [
      "# HELP outbound_rpc_count Count of outbound RPCs to GCP with status.",
      "# TYPE outbound_rpc_count counter",
      ...all.map(({ labels, count }) => `outbound_rpc_count{${shown(labels)}} ${count}`),
      "# HELP outbound_rpc_latency Latency of outbound RPCs to GCP.",
      "# TYPE outbound_rpc_latency histogram",
      ...all.flatMap(({ labels, below, sum, count }) => [
        ...BOUNDS.map(
          (bound, index) => `outbound_rpc_latency_bucket{${shown(labels)},le="${bound}"} ${below[index] ?? 0}`,
        ),
        `outbound_rpc_latency_bucket{${shown(labels)},le="+Inf"} ${count}`,
        `outbound_rpc_latency_sum{${shown(labels)}} ${sum}`,
        `outbound_rpc_latency_count{${shown(labels)}} ${count}`,
      ]),
      "",
    ].join("\n");
  }
}

function shown({ kind, status }: Labels): string {
  return `kind="${kind}",status="${status}"`;
}
