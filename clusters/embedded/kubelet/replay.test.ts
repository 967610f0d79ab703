import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { compare } from "./testing/compare.ts";
import { readRecording } from "./testing/recording.ts";
import { replay } from "./testing/replay.ts";

/** Where the simulated kubelet differs, by experiment; docs/kubelet-differences.md says why for each. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "04-republish": ["events probed"],
  "05b-publish-fails-leftovers": ["call del-ffail-unavailable/v", "call del-ffail-deadline-exceeded/v"],
  "06-publish-hangs": ["events ignores-deadline-150s"],
  "21-mount-lost-while-kubelet-down": ["call lost-final/v"],
};

/** The seed whose jitter comes close to what was recorded, where a behaviour depends on it. */
const SEEDS: Readonly<Record<string, number>> = { "21-mount-lost-while-kubelet-down": 2 };

const names = readdirSync(new URL("fixtures", import.meta.url)).map((name) => name.replace(".ndjson", ""));

test.each(names)("the simulated kubelet does what the real one did: %s", async (name) => {
  const recording = readRecording(name);
  const differences = compare(recording, await replay(recording, SEEDS[name]));
  expect(differences.filter(({ where }) => !KNOWN[name]?.includes(where))).toEqual([]);
});
