import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { KNOWN_DIFFERENCES } from "./differences.ts";
import { readRecording } from "./recording.ts";
import { replay } from "./replay.ts";

/** Of the recorded fields at least this share is the same; `docs/differences.md` says what is not. */
const FIELDS_PERCENT = 95;
/** Recorded over a full minute, in which a CronJob's Job came to be. */
const FEWER: Readonly<Record<string, number>> = { workloads: 88 };

const names = readdirSync(new URL("fixtures", import.meta.url)).map((name) => name.replace(".ndjson", ""));

test.each(names)("the server answers real clients as a real one did: %s", async (name) => {
  const compared = await replay(readRecording(name));
  const refusals = compared.flatMap(({ refusal }) => refusal ?? []);
  const isKnown = (refusal: string): boolean =>
    (KNOWN_DIFFERENCES[name] ?? []).some((known) => refusal.startsWith(known));
  expect(refusals.filter((refusal) => !isKnown(refusal))).toEqual([]);
  // One that no longer differs is taken off the list.
  expect((KNOWN_DIFFERENCES[name] ?? []).filter((known) => !refusals.some((one) => one.startsWith(known)))).toEqual([]);
  const fields = compared.reduce((sum, one) => sum + one.fields, 0);
  const same = compared.reduce((sum, one) => sum + one.same, 0);
  const differences = compared.flatMap((one) => one.differences).slice(0, 40);
  expect((100 * same) / fields, differences.join("\n")).toBeGreaterThanOrEqual(FEWER[name] ?? FIELDS_PERCENT);
});
