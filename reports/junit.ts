import { escapeMarkup } from "./escape.ts";
import { type CaseResult, causeLine, type Report } from "./model.ts";

/**
 * junit.xml as CI servers read it: a suite for each subject, profile and behaviour, a test case for each case.
 * A waived failure counts as skipped, with the waiver's reason; a finding that fails the run is an error.
 */
export function reportJunit(report: Report): string {
  const suites = new Map<string, CaseResult[]>();
  for (const result of report.cases) {
    const name = `${result.profile} / ${result.subject} / ${result.behaviour}`;
    suites.set(name, [...(suites.get(name) ?? []), result]);
  }
  const failing = report.findings.filter((finding) => finding.fails);
  const total = report.cases.length + failing.length;
  const { failed, skipped, waived } = report.summary;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="mountproof" tests="${total}" failures="${failed}" errors="${failing.length}" skipped="${skipped + waived}" time="${seconds(report.run.durationMs)}" timestamp="${report.run.startedAt}">`,
    ...[...suites].map(([name, cases]) => suite(name, cases)),
    ...(failing.length === 0
      ? []
      : [
          `  <testsuite name="the run" tests="${failing.length}" failures="0" errors="${failing.length}" skipped="0" time="0">`,
          ...failing.map(
            ({ kind, message }) =>
              `    <testcase classname="run" name="${escapeMarkup(kind)}" time="0"><error message="${escapeMarkup(message)}"/></testcase>`,
          ),
          "  </testsuite>",
        ]),
    "</testsuites>",
    "",
  ].join("\n");
}

function suite(name: string, cases: readonly CaseResult[]): string {
  const tally = (...statuses: CaseResult["status"][]): number =>
    cases.filter((one) => statuses.includes(one.status)).length;
  const time = cases.reduce((sum, one) => sum + one.durationMs, 0);
  return [
    `  <testsuite name="${escapeMarkup(name)}" tests="${cases.length}" failures="${tally("failed")}" errors="0" skipped="${tally("skipped", "waived")}" time="${seconds(time)}">`,
    ...cases.map(testCase),
    "  </testsuite>",
  ].join("\n");
}

function testCase(result: CaseResult): string {
  const head = `    <testcase classname="${escapeMarkup(result.profile)}" name="${escapeMarkup(`${result.id} ${result.title}`)}" file="${escapeMarkup(result.file)}" time="${seconds(result.durationMs)}"`;
  if (result.status === "passed") return `${head}/>`;
  if (result.status === "skipped" || result.status === "waived")
    return `${head}><skipped message="${escapeMarkup(result.reason ?? "")}"/></testcase>`;
  const { failure } = result;
  return `${head}><failure message="${escapeMarkup(failure?.message ?? "")}" type="${escapeMarkup(result.strength)}">${escapeMarkup(details(result))}</failure></testcase>`;
}

/** What a person needs who sees nothing but the CI server's page. */
function details(result: CaseResult): string {
  const { failure } = result;
  return [
    ...result.steps.map((step) => `${mark(step.status)} ${step.keyword} ${step.text}`),
    "",
    causeLine(result),
    failure?.message,
    failure?.expected && `expected: ${failure.expected}`,
    failure?.got && `got:      ${failure.got}`,
    failure?.hint && `hint:     ${failure.hint}`,
    result.repeat && `repeat:   ${result.repeat}`,
  ]
    .filter((line) => line !== undefined)
    .join("\n");
}

function mark(status: string): string {
  return status === "passed" ? "+" : status === "skipped" ? "." : "x";
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
