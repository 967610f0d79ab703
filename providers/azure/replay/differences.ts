import type { Probe } from "./probe.ts";

/**
 * Of the 144 recorded probes 137 are played and agree in everything, words included. The other seven are about the
 * process; six of those stand in `process.test.ts`, and the counts of the seventh are compared where they stand.
 */
export const NOT_A_MOUNT: readonly (readonly [(probe: Probe) => boolean, string])[] = [
  [({ title }) => title === "Version", "process.test.ts: equal"],
  [({ case: id }) => id === "AZ-62", "process.test.ts: equal, but for the text that UNIMPLEMENTED comes with"],
  [({ title }) => title === "SIGTERM", "process.test.ts: equal"],
  [({ title }) => title === "-version", "process.test.ts: same exit status and fields; the version is this project's"],
  [
    ({ title }) => title === "invalid endpoint" || title === "invalid cloud name",
    "process.test.ts: same exit status, and the cause in the same words within another line",
  ],
  [({ title }) => title === "GET /metrics", "replay.test.ts: the counts after the mounts before it are equal"],
];
