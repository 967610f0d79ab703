import { type CaseResult, type Finding, REPORT_VERSION, type Report } from "../../reports/index.ts";
import type { Guard } from "../guard.ts";
import { withRootCauses } from "../root-causes.ts";
import type { Subject } from "../subjects/subject.ts";
import { verdicts } from "../verdicts.ts";
import { redactedBy } from "./redact.ts";

/** What is known of a run besides its results. */
export type ReportFacts = Pick<Report, "tool" | "environment"> & {
  readonly runId: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly command: string;
  readonly seed: number;
  readonly order: "random" | "defined";
  readonly repeat: number;
  readonly tier: string;
  readonly selection: Report["run"]["selection"];
  /** The selection left out cases of the profiles it names. */
  readonly isPartial: boolean;
};

/** Puts the report together: results in catalogue order, secrets replaced. */
export function reportOf(parts: {
  readonly facts: ReportFacts;
  readonly subjects: readonly Subject[];
  readonly results: readonly CaseResult[];
  readonly findings: readonly Finding[];
  /** Kept logs, by subject, relative to the report's folder. */
  readonly logFiles: ReadonlyMap<string, string>;
  readonly guard: Guard;
}): Report {
  const { facts, guard } = parts;
  const results = withRootCauses([...parts.results].sort(byPlace));
  const tally = (status: CaseResult["status"]): number => results.filter((one) => one.status === status).length;
  const { runId, startedAt, durationMs, command, seed, order, repeat, tier, selection } = facts;
  const report: Report = {
    report: REPORT_VERSION,
    tool: facts.tool,
    run: {
      id: runId,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: Math.round(durationMs),
      command,
      seed,
      order,
      repeat,
      tier,
      selection,
    },
    environment: facts.environment,
    subjects: parts.subjects.map((subject) => {
      const logFile = parts.logFiles.get(subject.id);
      return { id: subject.id, title: subject.title, kind: subject.kind, ...(logFile !== undefined && { logFile }) };
    }),
    summary: { passed: tally("passed"), failed: tally("failed"), skipped: tally("skipped"), waived: tally("waived") },
    verdicts: verdicts(results, facts.isPartial, parts.findings),
    cases: results,
    findings: unique(parts.findings),
  };
  return redacted(report, guard);
}

function byPlace(a: CaseResult, b: CaseResult): number {
  return (
    compare(a.profile, b.profile) ||
    compare(a.subject, b.subject) ||
    compare(a.id, b.id) ||
    compare(a.behaviour, b.behaviour)
  );
}

/** `PC-9` before `PC-10`. */
function compare(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.message, finding])).values()];
}

/** The command line may hold a secret that its user typed; that is replaced without a word. */
function redacted(report: Report, guard: Guard): Report {
  const quiet: Report = { ...report, run: { ...report.run, command: guard.redact(report.run.command) } };
  const { clean, findings } = redactedBy(guard, quiet);
  return { ...clean, findings: unique([...clean.findings, ...findings]) };
}
