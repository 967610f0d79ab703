import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { DEFECTS } from "../../driver/index.ts";
import { SPOILERS } from "../spoilt-drivers/drivers.ts";
import { SPOILT_PROVIDERS } from "../spoilt-providers/index.ts";
import type { Judgement } from "./judge.ts";
import { KNOWN_DEFECTS } from "./known-defects.ts";

/** Programs of their own: a process loads step definitions once, and vitest's would be one too many. */
async function judgements(program: string, args: readonly string[]): Promise<Judgement[]> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Judgement[];
}

function failedBy(all: readonly Judgement[]): Map<string, string[]> {
  const failed = new Map<string, string[]>();
  for (const { subject, id, status } of all)
    failed.set(subject, [...(failed.get(subject) ?? []), ...(status === "failed" ? [id] : [])]);
  return failed;
}

/** How many must-cases each profile has at least that null subjects are shown. */
const PROFILES = {
  "PROVIDER-GRPC": 18,
  "PROVIDER-AWS": 98,
  "PROVIDER-AZURE": 105,
  "PROVIDER-GCP": 94,
  "PROVIDER-VAULT": 81,
  "DRIVER-NODE": 76,
  "DRIVER-SYNC": 46,
  "DRIVER-ROTATION": 40,
  SECURITY: 20,
  OPERATIONS: 35,
} as const;

describe("a suite is only as good as what it catches", () => {
  test("every must-case fails on at least one null subject, by a judgement of its own", {
    timeout: 900_000,
  }, async () => {
    const all = await judgements("null-subjects.ts", ["--until-failed", ...Object.keys(PROFILES)]);
    const ids = new Map(all.map(({ id, profile }) => [id, profile]));
    const caught = new Set(all.filter(({ status }) => status === "failed").map(({ id }) => id));
    for (const [profile, count] of Object.entries(PROFILES)) {
      const mine = [...ids].filter(([, one]) => one === profile);
      expect(mine.length, `cases of ${profile}`).toBeGreaterThanOrEqual(count);
    }
    expect([...ids.keys()].filter((id) => !caught.has(id))).toEqual([]);
    expect(all.filter(({ status }) => status !== "failed" && status !== "passed")).toEqual([]);
    // A simulation that gives up has judged nothing, and neither has a step that stumbles.
    const stumbles = /come to rest|nothing came of it|being moved|ENOENT|TypeError|timed out/;
    expect(all.filter(({ message = "" }) => stumbles.test(message))).toEqual([]);
  });

  test("a provider with one defect fails the cases about it and no others", { timeout: 300_000 }, async () => {
    const complete = ["PC-04", "PC-05", "PC-06", "PC-07", "PC-08", "PC-09", "PC-10"];
    const rest = ["PC-13", "PC-14", "PC-15", "PC-16", "PC-17", "PC-33"];
    const expected: Readonly<Record<string, readonly string[]>> = {
      none: [],
      nameless: ["PC-02"],
      "swallows-bad-attributes": ["PC-11"],
      "refuses-empty-secrets": ["PC-05"],
      "strict-attributes": ["PC-13"],
      "bad-path": ["PC-06", "PC-33"],
      "bad-mode": ["PC-07"],
      "octal-permission": ["PC-10"],
      "constant-version": ["PC-09"],
      "never-rotates": ["PC-09"],
      "wrong-content": ["PC-09", "PC-33"],
      "empty-files": ["PC-09", "PC-33"],
      unstable: ["PC-05", "PC-08", "PC-09", "PC-13", "PC-14", "PC-16", "PC-33"],
      leaks: ["PC-12"],
      "partial-on-missing": ["PC-12"],
      "partial-when-current": ["PC-14"],
      "same-ids": ["PC-17"],
      "no-files": [...complete, ...rest],
      "no-versions": [...complete, ...rest],
      garbage: [...complete, ...rest],
    };
    const failed = failedBy(await judgements("defective-providers.ts", Object.keys(expected)));
    expect(Object.fromEntries(failed)).toEqual(expected);
  });

  test.for(Object.entries(SPOILT_PROVIDERS))(
    "a provider of %s with one defect fails the cases that name it",
    { timeout: 600_000 },
    async ([profile, defects]) => {
      expect(defects.length).toBeGreaterThanOrEqual(10);
      const ids = defects.map(({ id }) => id);
      const all = await judgements("defective-store-providers.ts", ["--named", profile, ...ids]);
      const shown = (id: string) => all.filter(({ subject }) => subject === id).map((one) => one.id);
      for (const id of ids) expect(shown(id), `cases that are to notice ${id}`).not.toEqual([]);
      expect(Object.fromEntries(failedBy(all))).toEqual(Object.fromEntries(ids.map((id) => [id, shown(id)])));
    },
  );

  // The real driver's known defects; those that others could have stand in suite/spoilt-drivers.
  test.for(Object.entries(KNOWN_DEFECTS))(
    "a driver with one defect fails the cases of %s that name it and no others",
    { timeout: 600_000 },
    async ([profile, known]) => {
      const spoilers = SPOILERS[profile] ?? [];
      const defects = [...known, ...spoilers.map(({ id }) => id)];
      const all = await judgements("defective-drivers.ts", ["--sample", profile, "none", ...defects]);
      const named = (id: string) => [...DEFECTS, ...spoilers].find((one) => one.id === id)?.breaks ?? [];
      const shown = (id: string) => new Set(all.filter(({ subject }) => subject === id).map((one) => one.id));
      const expected = ["none", ...defects].map((id): [string, string[]] => [
        id,
        [...shown(id)].filter((one) => named(id).includes(one)),
      ]);
      expect(Object.fromEntries(failedBy(all))).toEqual(Object.fromEntries(expected));
      for (const [id, cases] of expected) if (id !== "none") expect(cases, `cases that notice ${id}`).not.toEqual([]);
    },
  );
});
