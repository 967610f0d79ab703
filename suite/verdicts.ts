import type { CaseResult, Finding, VerdictRow } from "../reports/index.ts";

/**
 * The verdict on each subject, profile and behaviour that the results speak of. Pure.
 *
 * - *not conformant*: a must-case of level core or extended failed, waived or not, or the subject's log showed a secret;
 * - *inconclusive*: none failed, but a must-case of level core did not run: skipped, or left out by the selection;
 * - *conformant*: every must-case of level core passed.
 *
 * Should-cases and provisional ones are counted, and decide nothing.
 *
 * @param isPartial the selection left out cases of the profiles it names
 */
export function verdicts(
  results: readonly CaseResult[],
  isPartial: boolean,
  findings: readonly Finding[] = [],
): VerdictRow[] {
  const leaking = new Set(findings.flatMap(({ fails, subject }) => (fails && subject !== undefined ? [subject] : [])));
  const groups = new Map<string, CaseResult[]>();
  for (const result of results) {
    const key = JSON.stringify([result.subject, result.profile, result.behaviour]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((group) => verdictOf(group, isPartial, leaking));
}

function verdictOf(group: readonly CaseResult[], isPartial: boolean, leaking: ReadonlySet<string>): VerdictRow {
  const [{ subject, profile, behaviour }] = group as [CaseResult];
  const tally = (status: CaseResult["status"]): number => group.filter((one) => one.status === status).length;
  const row = {
    subject,
    profile,
    behaviour,
    passed: tally("passed"),
    failed: tally("failed"),
    skipped: tally("skipped"),
    waived: tally("waived"),
  };
  const must = group.filter((one) => one.strength === "must" && one.level !== "provisional");
  const broken = must.filter((one) => one.status === "failed" || one.status === "waived");
  const reproaches = [
    ...(broken.length > 0 ? [`${listed(broken)} ${broken.length === 1 ? "is" : "are"} not met`] : []),
    ...(leaking.has(subject) ? ["a secret showed in a log"] : []),
  ];
  if (reproaches.length > 0) return { ...row, verdict: "not conformant", reason: reproaches.join("; ") };
  const open = must.filter((one) => one.level === "core" && one.status === "skipped");
  if (open.length > 0)
    return { ...row, verdict: "inconclusive", reason: `${listed(open)} did not run: ${reasons(open)}` };
  if (isPartial) return { ...row, verdict: "inconclusive", reason: "only a part of the profile was selected" };
  return { ...row, verdict: "conformant", reason: `all ${must.length} must-cases that apply are met` };
}

function listed(cases: readonly CaseResult[]): string {
  const ids = cases.map((one) => one.id);
  return ids.length <= 4 ? ids.join(", ") : `${ids.slice(0, 3).join(", ")} and ${ids.length - 3} more`;
}

function reasons(cases: readonly CaseResult[]): string {
  return [...new Set(cases.map((one) => one.reason ?? "no reason given"))].join("; ");
}
