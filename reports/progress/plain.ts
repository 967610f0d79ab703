import { escapeTerminal } from "../escape.ts";
import type { ProgressListener } from "./event.ts";
import { NO_COLOURS } from "./paint.ts";
import { summaryText } from "./summary-text.ts";

const WORDS = { passed: "ok     ", failed: "FAILED ", skipped: "skipped", waived: "waived " } as const;

/** Progress for a log: one line a scenario, as it ends; then the summary. */
export function plainProgress(write: (text: string) => void, reportFolder?: string): ProgressListener {
  return (event) => {
    if (event.type === "started")
      write(
        `${event.cases} ${event.cases === 1 ? "case" : "cases"}, seed ${event.seed}: ${event.subjects.join(", ")}\n`,
      );
    if (event.type === "executed") {
      const reason = event.reason === undefined ? "" : `: ${oneLine(event.reason)}`;
      write(
        `${WORDS[event.status]} ${event.id} ${escapeTerminal(event.title)} (${Math.round(event.durationMs)} ms)${reason}\n`,
      );
    }
    if (event.type === "finished") write(`\n${summaryText(event.report, NO_COLOURS, reportFolder)}\n`);
  };
}

function oneLine(text: string): string {
  return escapeTerminal(text.split("\n")[0] ?? "");
}
