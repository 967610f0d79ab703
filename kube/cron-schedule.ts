import { parseDuration } from "../core/go/duration.ts";

/** A CronJob's schedule (robfig/cron's standard parser): five fields, or a word such as `@hourly`. */
export type CronSchedule = {
  /** The first instant after `after` (ms) that the schedule names; undefined when none comes within five years. */
  next(after: number): number | undefined;
};

type Field = { readonly name: string; readonly min: number; readonly max: number; readonly names?: readonly string[] };

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: ["", ...MONTHS] },
  { name: "day of week", min: 0, max: 6, names: DAYS },
];
const WORDS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const HORIZON = 5 * 366 * DAY;

/**
 * @param timeZone an IANA name; UTC when left out
 * @throws Error with the parser's text for a schedule that cannot be read, or an unknown time zone
 */
export function parseCron(text: string, timeZone?: string): CronSchedule {
  const every = /^@every (.+)$/.exec(text)?.[1];
  if (every !== undefined) {
    const period = parseDuration(every);
    if (period === undefined) throw new Error(`failed to parse duration ${text}: time: invalid duration "${every}"`);
    return { next: (after) => Math.floor((after + Math.max(1000, period)) / 1000) * 1000 };
  }
  const words = (WORDS[text] ?? text).split(/\s+/).filter((word) => word !== "");
  if (text.startsWith("@") && WORDS[text] === undefined) throw new Error(`unrecognized descriptor: ${text}`);
  if (words.length !== FIELDS.length)
    throw new Error(`expected exactly 5 fields, found ${words.length}: [${words.join(" ")}]`);
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, at) => valuesOf(words[at] ?? "", field)) as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  // Where both are limited either day is enough (cron's own rule).
  const isAny = (word: string | undefined): boolean => /^[*?]/.test(word ?? "");
  const needsBoth = isAny(words[2]) || isAny(words[4]);
  const local = localTimeOf(timeZone);
  return {
    next: (after) => {
      const end = after + HORIZON;
      for (let at = Math.floor(after / MINUTE) * MINUTE + MINUTE; at <= end; ) {
        const { month, day, weekday, hour, minute } = local(at);
        const isDay = needsBoth ? days.has(day) && weekdays.has(weekday) : days.has(day) || weekdays.has(weekday);
        if (!months.has(month) || !isDay) at += (24 - hour) * HOUR - minute * MINUTE;
        else if (!hours.has(hour)) at += HOUR - minute * MINUTE;
        else if (!minutes.has(minute)) at += MINUTE;
        else return at;
      }
      return undefined;
    },
  };
}

function valuesOf(word: string, field: Field): Set<number> {
  const values = new Set<number>();
  for (const part of word.split(",")) {
    const [range = "", step, ...rest] = part.split("/");
    if (rest.length > 0) throw new Error(`too many slashes: ${part}`);
    const [low = "", high, ...more] = range.split("-");
    if (more.length > 0) throw new Error(`too many hyphens: ${part}`);
    const isAll = low === "*" || low === "?";
    const start = isAll ? field.min : numberOf(low, field);
    const end = isAll ? field.max : high !== undefined ? numberOf(high, field) : step === undefined ? start : field.max;
    const by = step === undefined ? 1 : numberOf(step, { ...field, names: [] });
    if (start < field.min) throw new Error(`beginning of range (${start}) below minimum (${field.min}): ${part}`);
    if (end > field.max) throw new Error(`end of range (${end}) above maximum (${field.max}): ${part}`);
    if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${part}`);
    if (by === 0) throw new Error(`step of range should be a positive number: ${part}`);
    for (let value = start; value <= end; value += by) values.add(value);
  }
  return values;
}

function numberOf(text: string, { names = [] }: Field): number {
  const named = text === "" ? -1 : names.indexOf(text.toLowerCase());
  if (named >= 0) return named;
  if (!/^\d+$/.test(text))
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing "${text}": invalid syntax`);
  return Number(text);
}

type Local = { month: number; day: number; weekday: number; hour: number; minute: number };

function localTimeOf(timeZone: string | undefined): (at: number) => Local {
  if (timeZone === undefined)
    return (at) => {
      const date = new Date(at);
      return {
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        weekday: date.getUTCDay(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
      };
    };
  let format: Intl.DateTimeFormat;
  try {
    const options = { month: "numeric", day: "numeric", weekday: "short", hour: "numeric", minute: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...options });
  } catch {
    throw new Error(`unknown time zone ${timeZone}`);
  }
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return {
      month: Number(parts.get("month")),
      day: Number(parts.get("day")),
      weekday: DAYS.indexOf((parts.get("weekday") ?? "").slice(0, 3).toLowerCase()),
      hour: Number(parts.get("hour")),
      minute: Number(parts.get("minute")),
    };
  };
}
