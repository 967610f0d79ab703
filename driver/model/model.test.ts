import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainMounter, withDefects } from "../index.ts";
import { playModel } from "./run.ts";

const { MODEL_SEED, MODEL_PATH, MODEL_REPLAY, MODEL_RUNS } = process.env;

describe("random rows of moves over three pods", { timeout: 240_000 }, () => {
  test("break no rule: never OK with an empty volume, no mix of versions, no idle write, no leaked mount", async () => {
    const details = await playModel({
      mounter: plainMounter(),
      runs: Number(MODEL_RUNS ?? 25),
      ...(MODEL_SEED !== undefined && { seed: Number(MODEL_SEED) }),
      ...(MODEL_PATH !== undefined && { path: MODEL_PATH }),
      ...(MODEL_REPLAY !== undefined && { replayPath: MODEL_REPLAY }),
    });
    if (details.failed) throw new Error(fc.defaultReportMessage(details));
  });

  test.each([
    ["B1", /OK with other content|not asked/],
    ["B8", /file exists|OK with other content/],
  ] as const)("find the defect %s and shorten the row that shows it", async (defect, rule) => {
    const details = await playModel({ mounter: plainMounter(), runs: 200, seed: 7, defects: withDefects(defect) });
    expect(details.failed).toBe(true);
    expect(String(details.errorInstance)).toMatch(rule);
    expect([...(details.counterexample?.[0] ?? [])].length).toBeLessThan(8);
  });
});
