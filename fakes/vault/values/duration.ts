import { parseDuration } from "../../../core/go/duration.ts";
import { type JsonValue, numberOf } from "../../../core/go/json.ts";

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
  if (/[a-zµ]$/.test(text)) return Math.trunc(parseDuration(text) / 1000);
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
