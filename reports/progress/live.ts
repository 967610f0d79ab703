import { escapeTerminal } from "../escape.ts";
import type { ProgressListener } from "./event.ts";
import type { Paint } from "./paint.ts";
import { summaryText } from "./summary-text.ts";

export type LiveOptions = {
  readonly write: (text: string) => void;
  readonly paint: Paint;
  /** Columns of the terminal, now. */
  readonly columns: () => number;
  readonly reportFolder?: string;
};

const CLEAR_LINE = "\r\u001b[2K";
const BAR = 24;

/** Progress for a terminal: one line that moves, a lasting line for what failed or was skipped, the summary. */
export function liveProgress({ write, paint, columns, reportFolder }: LiveOptions): ProgressListener {
  let planned = 0;
  let done = 0;
  let failed = 0;
  return (event) => {
    switch (event.type) {
      case "started":
        write(
          `${paint.faint(`${event.cases} ${event.cases === 1 ? "case" : "cases"}, seed ${event.seed}`)} ${event.subjects.map(escapeTerminal).join(", ")}\n`,
        );
        return;
      case "planned":
        planned += event.count;
        return;
      case "executed": {
        done++;
        if (event.status === "failed") {
          failed++;
          write(`${CLEAR_LINE}${paint.bad("✗")} ${event.id} ${escapeTerminal(event.title)}\n`);
        }
        const filled = Math.round((BAR * done) / Math.max(planned, done));
        const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)}`;
        const count = `${done}/${Math.max(planned, done)}`;
        // Cut before it is coloured, so that a long title cannot wrap the line.
        const room = Math.max(0, columns() - BAR - count.length - 16);
        const title = escapeTerminal(`${event.id} ${event.title}`).slice(0, room);
        write(`${CLEAR_LINE}${failed > 0 ? paint.bad(bar) : paint.good(bar)} ${count} ${paint.faint(title)}`);
        return;
      }
      case "finished":
        write(`${CLEAR_LINE}\n${summaryText(event.report, paint, reportFolder)}\n`);
    }
  };
}
