export { compareReports, type ParityRequest, type ParityRow, type ParityTable, type ParityVerdict } from "./compare.ts";
export { parityMarkdown } from "./markdown.ts";
export { mergeTables } from "./merge.ts";
export { type ParityNote, parseParityNotes } from "./notes.ts";
