import { z } from "zod";

/**
 * The report of a run: the one model that every writer prints and {@link verifyReport} checks. The JSON Schema
 * beside this file is made from it.
 */
export const REPORT_VERSION = 1;

const text = z.string();
const milliseconds = z.number().min(0);
const count = z.int().min(0);

export const CaseStatusSchema = z.enum(["passed", "failed", "skipped", "waived"]);
export const VerdictSchema = z.enum(["conformant", "not conformant", "inconclusive"]);

const StepSchema = z.strictObject({
  keyword: text.describe("Given, When, Then, And, But"),
  text,
  status: z.enum(["passed", "failed", "skipped", "undefined"]),
  durationMs: milliseconds,
  docString: text.optional(),
  table: z.array(z.array(text)).optional(),
});

const FailureSchema = z.strictObject({
  step: text.optional().describe("the step that failed, or the hook"),
  message: text,
  expected: text.optional(),
  got: text.optional(),
  hint: text.optional(),
  stack: text.optional(),
  requirement: text.optional().describe("the case whose own requirement it is that failed"),
  followsFrom: text.optional().describe("the failed case that this failure comes from"),
  sameAs: text.optional().describe("the first case that failed in the same words"),
});

const ExchangeSchema = z.strictObject({
  seam: text.describe("which wire: provider, csi, kube-api, store …"),
  server: text,
  operation: text,
  status: text,
  atMs: z.number().describe("since the scenario began, in its own time"),
  tookMs: milliseconds,
  detail: z.record(text, z.unknown()),
});

const CaseResultSchema = z.strictObject({
  id: text,
  profile: text,
  level: z.enum(["core", "extended", "provisional"]),
  strength: z.enum(["must", "should"]),
  title: text,
  feature: text,
  file: text,
  line: count,
  docs: z.array(text),
  features: z.array(text).describe("what the case needs"),
  subject: text,
  behaviour: text,
  status: CaseStatusSchema,
  reason: text.optional().describe("why it was skipped or waived; never left out for those"),
  durationMs: milliseconds,
  runs: z.strictObject({ total: count, failed: count }).optional().describe("when the case ran more than once"),
  steps: z.array(StepSchema),
  failure: FailureSchema.optional(),
  exchanges: z.array(ExchangeSchema),
  log: z.array(text).describe("what the parts under test wrote, for a failed case"),
  notes: z.array(text),
  repeat: text.optional().describe("one line that runs this case again"),
});

const VerdictRowSchema = z.strictObject({
  subject: text,
  profile: text,
  behaviour: text,
  verdict: VerdictSchema,
  reason: text,
  passed: count,
  failed: count,
  skipped: count,
  waived: count,
});

export const ReportSchema = z.strictObject({
  report: z.literal(REPORT_VERSION),
  tool: z.strictObject({ name: text, version: text, node: text, platform: text }),
  run: z.strictObject({
    id: text,
    startedAt: z.iso.datetime(),
    durationMs: milliseconds,
    command: text,
    seed: count,
    order: z.enum(["random", "defined"]),
    repeat: z.int().min(1),
    tier: text,
    selection: z.strictObject({
      profiles: z.array(text),
      ids: z.array(text),
      tags: text.optional(),
      grep: text.optional(),
    }),
  }),
  environment: z.array(z.strictObject({ name: text, available: z.boolean(), detail: text })),
  subjects: z.array(
    z.strictObject({
      id: text,
      title: text,
      kind: z.enum(["provider", "store-provider", "driver", "reference"]),
      logFile: text.optional(),
    }),
  ),
  summary: z.strictObject({ passed: count, failed: count, skipped: count, waived: count }),
  verdicts: z.array(VerdictRowSchema),
  cases: z.array(CaseResultSchema),
  findings: z
    .array(
      z.strictObject({
        kind: z.enum(["secret-shown", "empty-case", "waiver", "run"]),
        message: text,
        fails: z.boolean(),
        subject: text.optional().describe("whose verdict it decides, too"),
        case: text.optional().describe("what ran when it was first found"),
        file: text.optional().describe("the kept log that it was found in, beside the report"),
        line: count.optional(),
      }),
    )
    .describe("what concerns the whole run, not one case"),
});

export type Report = z.infer<typeof ReportSchema>;
export type CaseResult = z.infer<typeof CaseResultSchema>;
export type CaseStatus = z.infer<typeof CaseStatusSchema>;
export type StepResult = z.infer<typeof StepSchema>;
export type Failure = z.infer<typeof FailureSchema>;
export type Exchange = z.infer<typeof ExchangeSchema>;
export type VerdictRow = z.infer<typeof VerdictRowSchema>;
export type Verdict = z.infer<typeof VerdictSchema>;
export type Finding = Report["findings"][number];

/** The JSON Schema (2020-12) of a report, as `reports/report.schema.json` holds it. */
export function reportJsonSchema(): object {
  return {
    ...z.toJSONSchema(ReportSchema, { target: "draft-2020-12" }),
    $id: "urn:mountproof:report:1",
    title: "Mountproof report",
  };
}

/** `follows from PC-04`, for a failed case whose cause is another's; undefined for one that speaks for itself. */
export function causeLine({ failure }: CaseResult): string | undefined {
  if (failure?.followsFrom !== undefined) return `follows from ${failure.followsFrom}`;
  return failure?.sameAs === undefined ? undefined : `fails as ${failure.sameAs} does`;
}

/** `13 of 14 failures follow from PC-04, which is the one to mend first`: a line for each cause of several. */
export function causeLines(cases: readonly CaseResult[]): string[] {
  const failed = cases.filter(({ status }) => status === "failed");
  const caused = failed.filter((one) => causeLine(one) !== undefined);
  return [
    ...Map.groupBy(caused, ({ subject, failure }) =>
      JSON.stringify([subject, failure?.followsFrom ?? failure?.sameAs]),
    ),
  ].map(([, group]) => {
    const { failure } = group[0] as CaseResult;
    const count = `${group.length} of ${failed.length} failures`;
    return failure?.followsFrom === undefined
      ? `${count} ${group.length === 1 ? "reads" : "read"} as that of ${failure?.sameAs}`
      : `${count} ${group.length === 1 ? "follows" : "follow"} from ${failure.followsFrom}: mend that one first`;
  });
}

/** `12 passed, 0 failed, 3 skipped`: the last line of every run. Waived cases are named when there are some. */
export function summaryLine(summary: Report["summary"]): string {
  const { passed, failed, skipped, waived } = summary;
  return `${passed} passed, ${failed} failed, ${skipped} skipped${waived > 0 ? `, ${waived} waived` : ""}`;
}
