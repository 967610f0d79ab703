import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { compare } from "./testing/compare.ts";
import { KNOWN, SEEDS } from "./testing/known.ts";
import { readRecording } from "./testing/recording.ts";
import { replay } from "./testing/replay.ts";

const names = readdirSync(new URL("fixtures", import.meta.url)).map((name) => name.replace(".ndjson", ""));

test.each(names)("the simulated kubelet does what the real one did: %s", async (name) => {
  const recording = readRecording(name);
  const differences = compare(recording, await replay(recording, SEEDS[name]));
  expect(differences.filter(({ where }) => !KNOWN[name]?.includes(where))).toEqual([]);
});
