import { escapeTerminal } from "../escape.ts";
import { causeLines, type Report, summaryLine, type Verdict, type VerdictRow } from "../model.ts";
import { failureText } from "./failure-text.ts";
import type { Paint } from "./paint.ts";

/** What a run ends with: failed cases, skips by reason, findings, verdicts, and the summary line last. */
export function summaryText(report: Report, paint: Paint, reportFolder?: string): string {
  const failed = report.cases.filter((one) => one.status === "failed");
  const parts = [
    ...failed.map((result) => failureText(result, paint)),
    causeLines(report.cases)
      .map((line) => `${paint.warn("!")} ${line}`)
      .join("\n"),
    skipsText(report, paint),
    report.cases
      .flatMap((one) => one.notes.map((note) => `${paint.warn("!")} ${one.id} ${escapeTerminal(note)}`))
      .join("\n"),
    report.findings
      .map((finding) => `${finding.fails ? paint.bad("✗") : paint.warn("!")} ${escapeTerminal(finding.message)}`)
      .join("\n"),
    report.verdicts.map((row) => verdictLine(row, paint)).join("\n"),
    [
      paint.faint(
        `seed ${report.run.seed}, ${(report.run.durationMs / 1000).toFixed(1)} s${reportFolder === undefined ? "" : `, report in ${reportFolder}`}`,
      ),
      paint.strong(summaryLine(report.summary)),
    ].join("\n"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function skipsText(report: Report, paint: Paint): string {
  const byReason = new Map<string, string[]>();
  for (const one of report.cases)
    if (one.status === "skipped" || one.status === "waived") {
      const reason = `${one.status}: ${one.reason ?? "no reason given"}`;
      byReason.set(reason, [...(byReason.get(reason) ?? []), one.id]);
    }
  return [...byReason]
    .map(([reason, ids]) => `${paint.warn("-")} ${escapeTerminal(reason)} ${paint.faint(`(${listed(ids)})`)}`)
    .join("\n");
}

function listed(ids: readonly string[]): string {
  const unique = [...new Set(ids)];
  return unique.length <= 8 ? unique.join(", ") : `${unique.slice(0, 7).join(", ")} and ${unique.length - 7} more`;
}

function verdictLine(row: VerdictRow, paint: Paint): string {
  const colour: Record<Verdict, (text: string) => string> = {
    conformant: paint.good,
    "not conformant": paint.bad,
    inconclusive: paint.warn,
  };
  const where = row.behaviour === "hardened" ? "" : ` (${row.behaviour})`;
  return `${paint.strong(row.profile)} ${escapeTerminal(row.subject)}${where}: ${colour[row.verdict](row.verdict)}, ${escapeTerminal(row.reason)}`;
}
