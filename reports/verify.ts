import { parse } from "yaml";
import { type Report, ReportSchema } from "./model.ts";

export type Verification =
  | { readonly valid: true; readonly report: Report }
  | { readonly valid: false; readonly problems: readonly string[] };

/**
 * Checks a report.yaml (or the same as JSON): its shape against the schema, and that its numbers agree with its
 * cases. A skipped case without a reason, or a verdict that its cases do not bear out, is a problem.
 */
export function verifyReport(text: string): Verification {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    return { valid: false, problems: [`is neither YAML nor JSON: ${(error as Error).message.split("\n")[0]}`] };
  }
  const result = ReportSchema.safeParse(value);
  if (!result.success)
    return {
      valid: false,
      problems: result.error.issues.map((issue) => `${issue.path.join(".") || "the report"}: ${issue.message}`),
    };
  const problems = contradictions(result.data);
  return problems.length > 0 ? { valid: false, problems } : { valid: true, report: result.data };
}

/** What a schema cannot say. */
function contradictions(report: Report): string[] {
  const problems: string[] = [];
  for (const status of ["passed", "failed", "skipped", "waived"] as const) {
    const counted = report.cases.filter((one) => one.status === status).length;
    if (counted !== report.summary[status])
      problems.push(`summary.${status} says ${report.summary[status]}, the cases say ${counted}`);
  }
  for (const one of report.cases) {
    const name = `case ${one.id} (${one.subject}, ${one.behaviour})`;
    if ((one.status === "skipped" || one.status === "waived") && (one.reason ?? "") === "")
      problems.push(`${name} is ${one.status} without a reason`);
    if (one.status === "passed" && one.steps.length === 0) problems.push(`${name} passed without a step`);
    if (one.status === "passed" && one.failure !== undefined) problems.push(`${name} passed and has a failure`);
    if (one.status === "failed" && one.failure === undefined) problems.push(`${name} failed without saying why`);
    const cause = one.failure?.followsFrom ?? one.failure?.sameAs;
    const isBroken = (other: Report["cases"][number]): boolean =>
      other.id === cause && other.subject === one.subject && other.failure !== undefined && other !== one;
    if (cause !== undefined && !report.cases.some(isBroken))
      problems.push(`${name} follows from ${cause}, which has not failed`);
  }
  for (const row of report.verdicts) {
    const mine = report.cases.filter(
      (one) =>
        one.subject === row.subject &&
        one.profile === row.profile &&
        one.behaviour === row.behaviour &&
        one.strength === "must" &&
        one.level !== "provisional",
    );
    const isLeaking = report.findings.some((finding) => finding.fails && finding.subject === row.subject);
    const isBroken = isLeaking || mine.some((one) => one.status === "failed" || one.status === "waived");
    const isOpen = mine.some((one) => one.status === "skipped" && one.level === "core");
    const name = `verdict ${row.profile} ${row.subject} (${row.behaviour})`;
    if (isBroken !== (row.verdict === "not conformant")) problems.push(`${name} is not what its cases say`);
    if (row.verdict === "conformant" && isOpen) problems.push(`${name} is conformant, but a must-case was skipped`);
  }
  return problems;
}
