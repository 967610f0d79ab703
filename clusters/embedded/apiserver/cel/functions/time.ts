import { CelFailure, Duration, Timestamp } from "../values.ts";

const NANOS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Go's form of a duration: `1h30m`, `-2.5s`. @throws CelFailure */
export function readDuration(text: string): Duration {
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === "0") return new Duration(0n);
  if (!/^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(rest))
    throw new CelFailure(`time: invalid duration ${JSON.stringify(text)}`);
  let nanos = 0n;
  for (const [, number = "0", unit = "s"] of rest.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    const [whole = "0", part = ""] = number.split(".");
    const scale = BigInt(NANOS[unit] ?? 1);
    nanos += BigInt(whole) * scale + (part === "" ? 0n : (BigInt(part) * scale) / 10n ** BigInt(part.length));
  }
  return new Duration(sign === "-" ? -nanos : nanos);
}

/** Seconds, as protobuf's JSON has it. */
export function durationText({ nanos }: Duration): string {
  return `${Number(nanos) / 1e9}s`;
}

/** @throws CelFailure for what is no RFC 3339 */
export function readTimestamp(text: string): Timestamp {
  const [, head = "", part = "", zone = ""] =
    /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const ms = Date.parse(`${head}${zone}`.toUpperCase());
  if (head === "" || Number.isNaN(ms))
    throw new CelFailure(`parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse "${text}" as "2006"`);
  return new Timestamp(BigInt(ms) * 1_000_000n + BigInt(part.padEnd(9, "0") || "0"));
}

export function timestampText({ nanos }: Timestamp): string {
  const part = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = Number((nanos - part) / 1_000_000n);
  const fraction = part === 0n ? "" : `.${String(part).padStart(9, "0").replace(/0+$/, "")}`;
  return `${new Date(seconds).toISOString().slice(0, 19)}${fraction}Z`;
}

/** The wall clock of a zone, as a date whose UTC fields are those of the zone. */
function inZone({ nanos }: Timestamp, zone: string): Date {
  const ms = Number(nanos / 1_000_000n);
  if (zone === "UTC") return new Date(ms);
  const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (offset !== null)
    return new Date(ms + (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000);
  try {
    const parts = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    }).formatToParts(ms);
    const of = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
    return new Date(
      `${of("year").padStart(4, "0")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}:${of("second")}Z`,
    );
  } catch {
    throw new CelFailure(`unknown time zone ${zone}`);
  }
}

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);

const fields: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: dayOfYear,
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
};

/** Parts of a timestamp in a zone, by the names of their functions. */
export const timeFields: Readonly<Record<string, (time: Timestamp, zone: string) => bigint>> = {
  ...Object.fromEntries(
    Object.entries(fields).map(([name, read]) => [
      name,
      (time: Timestamp, zone: string) => BigInt(read(inZone(time, zone))),
    ]),
  ),
  getMilliseconds: ({ nanos }) => (((nanos / 1_000_000n) % 1000n) + 1000n) % 1000n,
};
