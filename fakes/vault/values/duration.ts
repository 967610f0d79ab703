import { type JsonValue, numberOf } from "../../../core/go/json.ts";

/** Milliseconds per unit of Go's durations; `d` is Vault's own. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's `time.ParseDuration`, in milliseconds. Throws with Go's text. */
export function parseGoDuration(text: string): number {
  const fail = (): never => {
    throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  };
  const match = /^([-+]?)((?:\d+\.?\d*|\.\d+)[a-zµ]+)+$/.exec(text);
  if (text === "0") return 0;
  if (match === null) {
    if (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text))
      throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
    return fail();
  }
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)([a-zµ]+)/g)) {
    const size = UNITS[unit ?? ""];
    if (size === undefined)
      throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    total += Number(amount) * size;
  }
  return match[1] === "-" ? -total : total;
}

/**
 * A TTL as Vault's API takes one: seconds as a number or digits, a Go duration, or days (`7d`).
 * @returns whole seconds. Throws with the text of Go's parser
 */
export function parseSeconds(raw: JsonValue): number {
  const number = numberOf(raw);
  if (number !== undefined) return Math.trunc(number);
  if (typeof raw !== "string") throw new Error("could not parse duration from input");
  const text = raw.trim();
  if (text === "") return 0;
  const days = /^(-?\d+(?:\.\d+)?)d$/.exec(text);
  if (days !== null) return Math.trunc(Number(days[1]) * 86_400);
  if (/[a-zµ]$/.test(text)) return Math.trunc(parseGoDuration(text) / 1000);
  if (!/^[-+]?\d+$/.test(text)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number.parseInt(text, 10);
}

/** Seconds as Go prints a duration: `768h0m0s`, `1m0s`, `0s`. */
export function goDuration(seconds: number): string {
  const sign = seconds < 0 ? "-" : "";
  const total = Math.abs(seconds);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = Number((total % 60).toFixed(9));
  if (hours > 0) return `${sign}${hours}h${minutes}m${rest}s`;
  if (minutes > 0) return `${sign}${minutes}m${rest}s`;
  if (total > 0 && total < 1) return `${sign}${Number((total * 1000).toFixed(6))}ms`;
  return `${sign}${rest}s`;
}

/** An instant as Go prints RFC 3339 with nanoseconds: no fraction when it is zero, no trailing zeros. */
export function goTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, "Z");
}
