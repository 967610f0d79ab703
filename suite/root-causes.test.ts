import { expect, test } from "vitest";
import type { Failure } from "../reports/index.ts";
import { sampleCase, sampleFailure } from "../reports/testing/sample-report.ts";
import { withRootCauses } from "./root-causes.ts";

const failing = (id: string, failure: Partial<Failure>, subject = "mine") =>
  sampleFailure({ id, subject, failure: { message: "it does not hold", ...failure } });
const causes = (...results: Parameters<typeof withRootCauses>[0][number][]) =>
  withRootCauses(results).map(({ id, failure }) => [id, failure?.followsFrom ?? failure?.sameAs]);

test("what fails for another case's requirement follows from it, wherever it stands, and stays failed", () => {
  const results = [
    failing("PC-05", { requirement: "PC-04", got: "5" }),
    failing("PC-04", { requirement: "PC-04", got: "4" }),
    failing("PC-06", { requirement: "PC-04", got: "6" }),
  ];
  expect(causes(...results)).toEqual([
    ["PC-05", "PC-04"],
    ["PC-04", undefined],
    ["PC-06", "PC-04"],
  ]);
  expect(withRootCauses(results).map(({ status, steps }) => [status, steps])).toEqual(
    results.map(({ status, steps }) => [status, steps]),
  );
});

test("nothing follows from a case that passed, did not run, or failed on another subject", () => {
  const follower = failing("PC-05", { requirement: "PC-04" });
  expect(causes(sampleCase({ id: "PC-04" }), follower)).toEqual([
    ["PC-04", undefined],
    ["PC-05", undefined],
  ]);
  expect(causes(follower)).toEqual([["PC-05", undefined]]);
  expect(causes(failing("PC-04", {}, "another"), follower)).toEqual([
    ["PC-04", undefined],
    ["PC-05", undefined],
  ]);
});

test("what failed in the very same words is told, and what failed in others is not", () => {
  const results = [failing("N-1", { got: "a" }), failing("N-2", { got: "b" }), failing("N-3", { got: "a" })];
  expect(causes(...results)).toEqual([
    ["N-1", undefined],
    ["N-2", undefined],
    ["N-3", "N-1"],
  ]);
  expect(withRootCauses(results)[2]?.failure).toMatchObject({ sameAs: "N-1" });
});
