export type { ProgressEvent, ProgressListener } from "./progress/event.ts";
export {
  type CaseResult,
  type CaseStatus,
  type Exchange,
  type Failure,
  type Finding,
  REPORT_VERSION,
  type Report,
  ReportSchema,
  reportJsonSchema,
  type StepResult,
  summaryLine,
  type Verdict,
  type VerdictRow,
} from "./model.ts";
