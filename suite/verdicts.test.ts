import { describe, expect, test } from "vitest";
import { sampleCase, sampleFailure } from "../reports/testing/sample-report.ts";
import { verdicts } from "./verdicts.ts";
import { applyWaivers, parseWaivers } from "./waivers.ts";

const skipped = sampleCase({ id: "PC-09", status: "skipped", reason: "needs --rotate CMD" });
const verdict = (cases: Parameters<typeof verdicts>[0], isPartial = false) => verdicts(cases, isPartial)[0];

describe("a verdict", () => {
  test("is conformant when every core must-case passed", () => {
    expect(verdict([sampleCase()])).toMatchObject({ verdict: "conformant", passed: 1 });
  });

  test("is never conformant with a skipped core must-case", () => {
    expect(verdict([sampleCase(), skipped])).toMatchObject({
      verdict: "inconclusive",
      reason: "PC-09 did not run: needs --rotate CMD",
    });
  });

  test("is not conformant with a failed one, waived or not", () => {
    expect(verdict([sampleCase(), sampleFailure()])?.verdict).toBe("not conformant");
    expect(verdict([sampleFailure({ status: "waived", reason: "known" })])?.verdict).toBe("not conformant");
  });

  test("is not conformant for a subject whose log showed a secret, though every case passed", () => {
    const leak = { kind: "secret-shown", message: "a secret showed", fails: true, subject: "mine" } as const;
    expect(verdicts([sampleCase(), sampleCase({ subject: "another" })], false, [leak])).toMatchObject([
      { subject: "mine", verdict: "not conformant", reason: "a secret showed in a log", passed: 1 },
      { subject: "another", verdict: "conformant" },
    ]);
  });

  test("is inconclusive over a part of a profile", () => {
    expect(verdict([sampleCase()], true)?.verdict).toBe("inconclusive");
  });

  test("is not decided by should-cases and provisional ones", () => {
    const others = [sampleFailure({ strength: "should" }), sampleFailure({ level: "provisional" })];
    expect(verdict([sampleCase(), ...others])?.verdict).toBe("conformant");
  });

  test("is one for each subject, profile and behaviour", () => {
    const cases = [sampleCase(), sampleCase({ behaviour: "upstream-1.6" }), sampleCase({ subject: "other" })];
    expect(verdicts(cases, false)).toHaveLength(3);
  });
});

describe("a waiver", () => {
  const waivers = parseWaivers("- { case: PC-09, reason: known, until: 2026-12-31 }\n- { case: PC-01, reason: old }");

  test("marks a failure and never turns it into a pass", () => {
    const { results } = applyWaivers([sampleFailure()], waivers, "2026-11-24");
    expect(results.map(({ status, reason }) => [status, reason])).toEqual([["waived", "known"]]);
  });

  test("that is over has no effect, and is told", () => {
    const { results, findings } = applyWaivers([sampleFailure()], waivers, "2027-01-01");
    expect(results[0]?.status).toBe("failed");
    expect(findings.map(({ message }) => message)).toContain("the waiver of PC-09 ended on 2026-12-31");
  });

  test("of a case that passes is told to go", () => {
    expect(applyWaivers([sampleCase()], waivers, "2026-11-24").findings.map(({ message }) => message)).toContain(
      "PC-01 passes: its waiver can go",
    );
  });

  test("without a reason is refused", () => {
    expect(() => parseWaivers("- { case: PC-09 }")).toThrow("0.reason");
  });
});
