export { escapeMarkup, escapeTerminal } from "./escape.ts";
export { reportHtml } from "./html/index.ts";
export { reportJunit } from "./junit.ts";
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
export type { ProgressEvent, ProgressListener } from "./progress/event.ts";
export { liveProgress } from "./progress/live.ts";
export { COLOURS, NO_COLOURS, type Paint } from "./progress/paint.ts";
export { plainProgress } from "./progress/plain.ts";
export { type Verification, verifyReport } from "./verify.ts";
export { reportYaml } from "./yaml.ts";
