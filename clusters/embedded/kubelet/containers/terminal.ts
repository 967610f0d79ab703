import { type ChildProcess, execFile } from "node:child_process";
import type { Readable } from "node:stream";

/** Where a program that was given a terminal says which one it got. */
export const TERMINAL_FD = 4;

/** script(1) gives a program a terminal of its own; before the program starts, its shell tells the terminal's name. */
export function inTerminal(command: readonly string[], tty: boolean | undefined): readonly string[] {
  if (tty !== true) return command;
  const quoted = command.map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(" ");
  const told = `tty >&${TERMINAL_FD}; exec ${TERMINAL_FD}>&-; exec ${quoted}`;
  return ["script", "--quiet", "--return", "--command", told, "/dev/null"];
}

/** Sets the size of a program's terminal, as soon as it has one. */
export class Terminal {
  readonly #name: Promise<string>;
  #last: Promise<void> = Promise.resolve();

  constructor(child: ChildProcess) {
    this.#name = firstLine(child.stdio[TERMINAL_FD] as Readable | null | undefined);
  }

  resize(columns: number, rows: number): void {
    // One after the other: the last size that was asked for is the one that stays.
    this.#last = this.#last.then(async () => {
      const name = await this.#name;
      if (!name.startsWith("/dev/pts/")) return;
      const size = ["-F", name, "cols", String(columns), "rows", String(rows)];
      await new Promise<void>((resolve) => execFile("stty", size, () => resolve()));
    });
  }
}

async function firstLine(stream: Readable | null | undefined): Promise<string> {
  let text = "";
  if (stream === null || stream === undefined) return text;
  try {
    for await (const chunk of stream) {
      text += String(chunk);
      if (text.includes("\n")) break;
    }
  } catch {
    // The program never came so far.
  }
  return text.trim();
}
