import { CelFailure, type CelValue, isEqual, numberOf, order } from "../values.ts";
import type { Library } from "./overload.ts";
import { int, regex } from "./standard.ts";

const glyphs = (text: string): string[] => [...text];

function indexOf(text: string, part: string, from = 0n): bigint {
  const all = glyphs(text);
  if (from < 0n || from > BigInt(all.length)) throw new CelFailure(`index out of range: ${from}`);
  const found = all.slice(Number(from)).join("").indexOf(part);
  return found < 0 ? -1n : from + BigInt(glyphs(all.slice(Number(from)).join("").slice(0, found)).length);
}

function lastIndexOf(text: string, part: string, until?: bigint): bigint {
  const all = glyphs(text);
  if (until !== undefined && (until < 0n || until > BigInt(all.length)))
    throw new CelFailure(`index out of range: ${until}`);
  const found = text.lastIndexOf(part, until === undefined ? undefined : all.slice(0, Number(until)).join("").length);
  return found < 0 ? -1n : BigInt(glyphs(text.slice(0, found)).length);
}

function substring(text: string, from: bigint, to?: bigint): string {
  const all = glyphs(text);
  const end = to ?? BigInt(all.length);
  if (from < 0n || end > BigInt(all.length) || end < 0n || from > BigInt(all.length))
    throw new CelFailure(`index out of range: ${from < 0n || from > BigInt(all.length) ? from : end}`);
  if (from > end) throw new CelFailure(`invalid substring range. start: ${from}, end: ${end}`);
  return all.slice(Number(from), Number(end)).join("");
}

function split(text: string, separator: string, limit = -1n): string[] {
  if (limit === 0n) return [];
  const parts = separator === "" ? glyphs(text) : text.split(separator);
  if (limit < 0n || BigInt(parts.length) <= limit) return parts;
  const kept = Number(limit) - 1;
  return [...parts.slice(0, kept), parts.slice(kept).join(separator)];
}

function replace(text: string, from: string, to: string, limit = -1n): string {
  if (limit < 0n) return text.replaceAll(from, () => to);
  let result = text;
  let at = 0;
  for (let left = limit; left > 0n; left--) {
    const found = result.indexOf(from, at);
    if (found < 0) break;
    result = result.slice(0, found) + to + result.slice(found + from.length);
    at = found + to.length;
  }
  return result;
}

const ascii = (text: string, pattern: RegExp, shift: number): string =>
  text.replace(pattern, (letter) => String.fromCharCode(letter.charCodeAt(0) + shift));

function find(text: string, pattern: string): string {
  return regex(pattern).exec(text)?.[0] ?? "";
}

function findAll(text: string, pattern: string, limit = -1n): string[] {
  const found = [...text.matchAll(regex(pattern, "g"))].map(([match]) => match);
  return limit < 0n ? found : found.slice(0, Number(limit));
}

/** cel-go's extension of strings, and Kubernetes' regular expressions. */
export const TEXTS: Library = {
  "string.charAt(int): string": (a: string, at: bigint) => {
    const all = glyphs(a);
    if (at < 0n || at > BigInt(all.length)) throw new CelFailure(`index out of range: ${at}`);
    return all[Number(at)] ?? "";
  },
  "string.indexOf(string): int": indexOf,
  "string.indexOf(string, int): int": indexOf,
  "string.lastIndexOf(string): int": lastIndexOf,
  "string.lastIndexOf(string, int): int": lastIndexOf,
  "string.lowerAscii(): string": (a: string) => ascii(a, /[A-Z]/g, 32),
  "string.upperAscii(): string": (a: string) => ascii(a, /[a-z]/g, -32),
  "string.replace(string, string): string": replace,
  "string.replace(string, string, int): string": replace,
  "string.split(string): list(string)": split,
  "string.split(string, int): list(string)": split,
  "string.substring(int): string": substring,
  "string.substring(int, int): string": substring,
  "string.trim(): string": (a: string) => a.trim(),
  "string.reverse(): string": (a: string) => glyphs(a).reverse().join(""),
  "list(string).join(): string": (a: readonly string[]) => a.join(""),
  "list(string).join(string): string": (a: readonly string[], by: string) => a.join(by),
  "@@strings.quote(string): string": (a: string) => JSON.stringify(a),
  "string.find(string): string": find,
  "string.findAll(string): list(string)": findAll,
  "string.findAll(string, int): list(string)": findAll,
};

function extreme(list: readonly CelValue[], sign: number, name: string): CelValue {
  const [first, ...rest] = list;
  if (first === undefined) throw new CelFailure(`${name} called on empty list`);
  return rest.reduce((best, item) => (order(item, best) * sign > 0 ? item : best), first);
}

const SORTABLE = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];
const contains = (list: readonly CelValue[], item: CelValue): boolean => list.some((one) => isEqual(one, item));
const holds = (a: readonly CelValue[], b: readonly CelValue[]): boolean => b.every((item) => contains(a, item));

/** Kubernetes' functions of lists, and cel-go's of sets. */
export const LISTS: Library = {
  ...Object.fromEntries(
    SORTABLE.flatMap((type) => [
      [
        `list(${type}).isSorted(): bool`,
        (list: readonly CelValue[]) => list.every((item, at) => at === 0 || order(list[at - 1] as CelValue, item) <= 0),
      ],
      [`list(${type}).min(): ${type}`, (list: readonly CelValue[]) => extreme(list, -1, "min")],
      [`list(${type}).max(): ${type}`, (list: readonly CelValue[]) => extreme(list, 1, "max")],
    ]),
  ),
  "list(int).sum(): int": (list: readonly bigint[]) => int(list.reduce((sum, one) => sum + one, 0n)),
  "list(double).sum(): double": (list: readonly CelValue[]) =>
    list.reduce<number>((sum, one) => sum + Number(numberOf(one)), 0),
  "list(A).indexOf(A): int": (list: readonly CelValue[], item: CelValue) =>
    BigInt(list.findIndex((one) => isEqual(one, item))),
  "list(A).lastIndexOf(A): int": (list: readonly CelValue[], item: CelValue) =>
    BigInt(list.findLastIndex((one) => isEqual(one, item))),
  "@@sets.contains(list(A), list(A)): bool": holds,
  "@@sets.equivalent(list(A), list(A)): bool": (a: readonly CelValue[], b: readonly CelValue[]) =>
    holds(a, b) && holds(b, a),
  "@@sets.intersects(list(A), list(A)): bool": (a: readonly CelValue[], b: readonly CelValue[]) =>
    a.some((item) => contains(b, item)),
};
