import { expect, test } from "vitest";
import { parseCron } from "./cron-schedule.ts";

const after = (text: string, time: string, zone?: string): string => {
  const next = parseCron(text, zone).next(Date.parse(time));
  return next === undefined ? "never" : new Date(next).toISOString().slice(0, 16);
};

test.each([
  ["* * * * *", "2026-01-01T00:00:30Z", "2026-01-01T00:01"],
  ["*/5 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:10"],
  ["30 2 * * *", "2026-01-31T02:30:00Z", "2026-02-01T02:30"],
  ["0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00"],
  ["0 12 * * MON-FRI", "2026-01-02T12:00:00Z", "2026-01-05T12:00"],
  // Both days limited: the 13th or any Friday.
  ["0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00"],
  ["15-45/15 8,20 * jun *", "2026-06-01T08:30:00Z", "2026-06-01T08:45"],
  ["@hourly", "2026-01-01T10:00:00Z", "2026-01-01T11:00"],
  ["@every 90m", "2026-01-01T00:00:10Z", "2026-01-01T01:30"],
  ["0 0 31 2 *", "2026-01-01T00:00:00Z", "never"],
])("%s after %s is %s", (text, time, expected) => {
  expect(after(text, time)).toBe(expected);
});

test("a time zone has its own midnight, and its own days without an hour", () => {
  expect(after("0 0 * * *", "2026-01-01T00:00:00Z", "Europe/Berlin")).toBe("2026-01-01T23:00");
  expect(after("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin")).toBe("2026-03-30T00:30");
});

test.each([
  ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
  ["60 * * * *", "end of range (60) above maximum (59): 60"],
  ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
  ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
  ["*/0 * * * *", "step of range should be a positive number: */0"],
  ["a * * * *", "failed to parse int from a: "],
  ["@never", "unrecognized descriptor: @never"],
])("%s is refused", (text, message) => {
  expect(() => parseCron(text)).toThrow(message);
});
