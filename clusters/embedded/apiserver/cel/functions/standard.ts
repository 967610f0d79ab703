import { patternOf } from "../../crd/formats.ts";
import {
  CelFailure,
  type CelValue,
  Duration,
  isEqual,
  nameOfValue,
  numberOf,
  order,
  Timestamp,
  TypeValue,
  Uint,
} from "../values.ts";
import type { Library } from "./overload.ts";
import { durationText, readDuration, readTimestamp, timeFields, timestampText } from "./time.ts";

const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;

/** @throws CelFailure for what does not fit 64 bits */
export function int(value: bigint): bigint {
  if (value > MAX_INT || value < -MAX_INT - 1n) throw new CelFailure("integer overflow");
  return value;
}

function uint(value: bigint): Uint {
  if (value > MAX_UINT || value < 0n) throw new CelFailure("unsigned integer overflow");
  return new Uint(value);
}

function divisor(value: bigint, what: string): bigint {
  if (value === 0n) throw new CelFailure(what);
  return value;
}

const compared: Record<string, (a: CelValue, b: CelValue) => boolean> = {
  "_<_": (a, b) => order(a, b) < 0,
  "_<=_": (a, b) => order(a, b) <= 0,
  "_>_": (a, b) => order(a, b) > 0,
  "_>=_": (a, b) => order(a, b) >= 0,
};
const COMPARABLE = ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"];
const NUMBERS = ["int", "uint", "double"];
const comparisons: Library = Object.fromEntries(
  Object.entries(compared).flatMap(([name, call]) => [
    ...COMPARABLE.map((type) => [`${name}(${type}, ${type}): bool`, call]),
    ...NUMBERS.flatMap((a) => NUMBERS.filter((b) => b !== a).map((b) => [`${name}(${a}, ${b}): bool`, call])),
  ]),
);

/** @throws CelFailure for a pattern that can't be read */
export function regex(pattern: string, flags = ""): RegExp {
  const found = patternOf(pattern);
  if (found === undefined) throw new CelFailure(`error parsing regexp: ${pattern}`);
  return new RegExp(found, found.flags + flags);
}

const characters = (text: string): bigint => BigInt([...text].length);

function toInt(value: CelValue): bigint {
  if (value instanceof Uint) return int(value.value);
  if (value instanceof Timestamp) return value.nanos / 1_000_000_000n;
  if (typeof value === "number") {
    if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) throw new CelFailure("integer overflow");
    return BigInt(Math.trunc(value));
  }
  if (typeof value !== "string") return value as bigint;
  if (!/^[+-]?\d+$/.test(value)) throw new CelFailure(`strconv.ParseInt: parsing "${value}": invalid syntax`);
  return int(BigInt(value));
}

function toDouble(value: CelValue): number {
  if (typeof value !== "string") return Number(numberOf(value));
  if (value.trim() === "" || Number.isNaN(Number(value)))
    throw new CelFailure(`strconv.ParseFloat: parsing "${value}": invalid syntax`);
  return Number(value);
}

function toText(value: CelValue): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  return String(value instanceof Uint ? value.value : value);
}

function at(list: readonly CelValue[], index: CelValue): CelValue {
  const found = list[Number(numberOf(index))];
  if (found === undefined) throw new CelFailure(`index out of bounds: ${numberOf(index)}`);
  return found;
}

function entry(map: ReadonlyMap<CelValue, CelValue>, key: CelValue): CelValue {
  const found = map.get(keyOf(key));
  if (found === undefined) throw new CelFailure(`no such key: ${String(numberOf(key) ?? key)}`);
  return found;
}

/** A key as maps hold it: whole numbers of any type are the same. */
export function keyOf(key: CelValue): CelValue {
  const number = numberOf(key);
  return typeof number === "number" && Number.isInteger(number) ? BigInt(number) : (number ?? key);
}

const getters: Library = Object.fromEntries(
  Object.entries(timeFields).flatMap(([name, read]) => [
    [`timestamp.${name}(): int`, (time: Timestamp) => read(time, "UTC")],
    [`timestamp.${name}(string): int`, (time: Timestamp, zone: string) => read(time, zone)],
  ]),
);

const HOUR = 3_600_000_000_000n;
const MINUTE = 60_000_000_000n;
const SECOND = 1_000_000_000n;

/** The functions of the language itself (cel-spec, langdef). */
export const STANDARD: Library = {
  "!_(bool): bool": (a: boolean) => !a,
  "-_(int): int": (a: bigint) => int(-a),
  "-_(double): double": (a: number) => -a,
  "_+_(int, int): int": (a: bigint, b: bigint) => int(a + b),
  "_+_(uint, uint): uint": (a: Uint, b: Uint) => uint(a.value + b.value),
  "_+_(double, double): double": (a: number, b: number) => a + b,
  "_+_(string, string): string": (a: string, b: string) => a + b,
  "_+_(bytes, bytes): bytes": (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]),
  "_+_(list(A), list(A)): list(A)": (a: readonly CelValue[], b: readonly CelValue[]) => [...a, ...b],
  "_+_(timestamp, duration): timestamp": (a: Timestamp, b: Duration) => new Timestamp(a.nanos + b.nanos),
  "_+_(duration, timestamp): timestamp": (a: Duration, b: Timestamp) => new Timestamp(a.nanos + b.nanos),
  "_+_(duration, duration): duration": (a: Duration, b: Duration) => new Duration(int(a.nanos + b.nanos)),
  "_-_(int, int): int": (a: bigint, b: bigint) => int(a - b),
  "_-_(uint, uint): uint": (a: Uint, b: Uint) => uint(a.value - b.value),
  "_-_(double, double): double": (a: number, b: number) => a - b,
  "_-_(timestamp, timestamp): duration": (a: Timestamp, b: Timestamp) => new Duration(a.nanos - b.nanos),
  "_-_(timestamp, duration): timestamp": (a: Timestamp, b: Duration) => new Timestamp(a.nanos - b.nanos),
  "_-_(duration, duration): duration": (a: Duration, b: Duration) => new Duration(int(a.nanos - b.nanos)),
  "_*_(int, int): int": (a: bigint, b: bigint) => int(a * b),
  "_*_(uint, uint): uint": (a: Uint, b: Uint) => uint(a.value * b.value),
  "_*_(double, double): double": (a: number, b: number) => a * b,
  "_/_(int, int): int": (a: bigint, b: bigint) => int(a / divisor(b, "division by zero")),
  "_/_(uint, uint): uint": (a: Uint, b: Uint) => uint(a.value / divisor(b.value, "division by zero")),
  "_/_(double, double): double": (a: number, b: number) => a / b,
  "_%_(int, int): int": (a: bigint, b: bigint) => a % divisor(b, "modulus by zero"),
  "_%_(uint, uint): uint": (a: Uint, b: Uint) => uint(a.value % divisor(b.value, "modulus by zero")),
  "_==_(A, A): bool": (a: CelValue, b: CelValue) => isEqual(a, b),
  "_!=_(A, A): bool": (a: CelValue, b: CelValue) => !isEqual(a, b),
  ...comparisons,
  "@in(A, list(A)): bool": (a: CelValue, list: readonly CelValue[]) => list.some((item) => isEqual(item, a)),
  "@in(A, map(A, B)): bool": (a: CelValue, map: ReadonlyMap<CelValue, CelValue>) => map.has(keyOf(a)),
  "_[_](list(A), int): A": at,
  "_[_](map(A, B), A): B": entry,
  "size(string): int": characters,
  "size(bytes): int": (a: Uint8Array) => BigInt(a.length),
  "size(list(A)): int": (a: readonly CelValue[]) => BigInt(a.length),
  "size(map(A, B)): int": (a: ReadonlyMap<CelValue, CelValue>) => BigInt(a.size),
  "string.size(): int": characters,
  "bytes.size(): int": (a: Uint8Array) => BigInt(a.length),
  "list(A).size(): int": (a: readonly CelValue[]) => BigInt(a.length),
  "map(A, B).size(): int": (a: ReadonlyMap<CelValue, CelValue>) => BigInt(a.size),
  "string.contains(string): bool": (a: string, b: string) => a.includes(b),
  "string.startsWith(string): bool": (a: string, b: string) => a.startsWith(b),
  "string.endsWith(string): bool": (a: string, b: string) => a.endsWith(b),
  "string.matches(string): bool": (a: string, b: string) => regex(b).test(a),
  "matches(string, string): bool": (a: string, b: string) => regex(b).test(a),
  "dyn(A): dyn": (a: CelValue) => a,
  "type(A): type": (a: CelValue) => new TypeValue(nameOfValue(a)),
  "bool(bool): bool": (a: boolean) => a,
  "bool(string): bool": (a: string) => {
    if (["true", "True", "TRUE", "t", "1"].includes(a)) return true;
    if (["false", "False", "FALSE", "f", "0"].includes(a)) return false;
    throw new CelFailure(`strconv.ParseBool: parsing "${a}": invalid syntax`);
  },
  ...Object.fromEntries(
    ["int", "uint", "double", "string", "timestamp"].map((type) => [`int(${type}): int`, (a: CelValue) => toInt(a)]),
  ),
  ...Object.fromEntries(
    ["int", "uint", "double", "string"].map((type) => [`uint(${type}): uint`, (a: CelValue) => uint(toInt(a))]),
  ),
  ...Object.fromEntries(
    ["int", "uint", "double", "string"].map((type) => [`double(${type}): double`, (a: CelValue) => toDouble(a)]),
  ),
  ...Object.fromEntries(
    ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"].map((type) => [
      `string(${type}): string`,
      (a: CelValue) => toText(a),
    ]),
  ),
  "bytes(string): bytes": (a: string) => Buffer.from(a, "utf8"),
  "bytes(bytes): bytes": (a: Uint8Array) => a,
  "timestamp(string): timestamp": readTimestamp,
  "timestamp(timestamp): timestamp": (a: Timestamp) => a,
  "timestamp(int): timestamp": (a: bigint) => new Timestamp(a * SECOND),
  "duration(string): duration": readDuration,
  "duration(duration): duration": (a: Duration) => a,
  ...getters,
  "duration.getHours(): int": (a: Duration) => a.nanos / HOUR,
  "duration.getMinutes(): int": (a: Duration) => a.nanos / MINUTE,
  "duration.getSeconds(): int": (a: Duration) => a.nanos / SECOND,
  "duration.getMilliseconds(): int": (a: Duration) => (a.nanos / 1_000_000n) % 1000n,
};
