import { type CaseResult, REPORT_VERSION, type Report } from "../model.ts";

/** A result for tests: a must-case of level core that passed, with what is given changed. */
export function sampleCase(change: Partial<CaseResult> = {}): CaseResult {
  return {
    id: "PC-01",
    profile: "PROVIDER-GRPC",
    level: "core",
    strength: "must",
    title: "The provider answers",
    feature: "A provider can be reached",
    file: "features/provider-grpc/reach.feature",
    line: 7,
    docs: [],
    features: [],
    subject: "mine",
    behaviour: "hardened",
    status: "passed",
    durationMs: 12.5,
    steps: [{ keyword: "When", text: "the driver asks", status: "passed", durationMs: 12.5 }],
    exchanges: [],
    log: [],
    notes: [],
    ...change,
  };
}

/** A failed one, with all that a failed case can carry. */
export function sampleFailure(change: Partial<CaseResult> = {}): CaseResult {
  return sampleCase({
    id: "PC-09",
    title: "A rotated value <changes> the version",
    status: "failed",
    steps: [
      { keyword: "When", text: "the value changes", status: "passed", durationMs: 1 },
      { keyword: "Then", text: "the version changes", status: "failed", durationMs: 1 },
    ],
    failure: { step: "Then the version changes", message: "the version stayed", expected: "v2", got: "v1 & <v1>" },
    exchanges: [
      { seam: "provider", server: "mine", operation: "/P/Mount", status: "OK", atMs: 1, tookMs: 2, detail: { n: 1 } },
    ],
    log: ["provider: mounted"],
    repeat: "npx mountproof run --id PC-09 --seed 7",
    ...change,
  });
}

/** The report of a run with these results; counts and nothing else are derived from them. */
export function sampleReport(cases: readonly CaseResult[], change: Partial<Report> = {}): Report {
  const tally = (status: CaseResult["status"]): number => cases.filter((one) => one.status === status).length;
  return {
    report: REPORT_VERSION,
    tool: { name: "mountproof", version: "0.1.0", node: "24.0.0", platform: "linux-x64" },
    run: {
      id: "run-1",
      startedAt: "2026-11-24T10:00:00.000Z",
      durationMs: 1234,
      command: "npx mountproof run",
      seed: 7,
      order: "random",
      repeat: 1,
      tier: "E0",
      selection: { profiles: [], ids: [] },
    },
    environment: [{ name: "mount(2)", available: true, detail: "as root" }],
    subjects: [{ id: "mine", title: "./mine", kind: "provider" }],
    summary: { passed: tally("passed"), failed: tally("failed"), skipped: tally("skipped"), waived: tally("waived") },
    verdicts: [],
    cases: [...cases],
    findings: [],
    ...change,
  };
}
