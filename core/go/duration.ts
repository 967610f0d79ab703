const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy;

/** Go's time.ParseDuration: `2m`, `1h30m`, `1.5s`. @returns milliseconds; undefined when it is none */
export function parseDuration(text: string): number | undefined {
  const isNegative = text.startsWith("-");
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return 0;
  let total = 0;
  let end = 0;
  for (const match of body.matchAll(PART)) {
    total += Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0);
    end = match.index + match[0].length;
  }
  if (end === 0 || end !== body.length) return undefined;
  return isNegative ? -total : total;
}
