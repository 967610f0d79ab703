/** The series of a metrics page without the labels that name the library, and without buckets and sums. */
export function seriesOf(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === "" || /_(bucket|sum)$/.test(name)) continue;
    const kept = labels.match(/\w+="(?:[^"\\]|\\.)*"/g)?.filter((label) => !label.startsWith("otel_")) ?? [];
    series.set(`${name}{${kept.sort().join(",")}}`, Number(value));
  }
  return series;
}

/** What was counted between two pages. */
export function deltaOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  const delta: Record<string, number> = {};
  for (const [name, value] of after) {
    const change = value - (before.get(name) ?? 0);
    if (change !== 0) delta[name] = change;
  }
  return delta;
}
