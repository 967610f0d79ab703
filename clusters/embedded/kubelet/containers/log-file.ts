import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import type { Clock } from "../../../../core/index.ts";

export type LogStream = "stdout" | "stderr";

/**
 * What one attempt of a container says, kept as containerd keeps it: time, stream, `F` for a whole line or `P` for a
 * part, text. The file is made by the first word.
 */
export class LogFile {
  readonly path: string;
  readonly #clock: Clock;
  readonly #readers = new Set<() => void>();
  #file: WriteStream | undefined;
  #isOver = false;

  constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
  }

  /** Nothing more comes. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Calls `look` when there is more to read, and when it is over. */
  onChange(look: () => void): Disposable {
    this.#readers.add(look);
    return { [Symbol.dispose]: () => void this.#readers.delete(look) };
  }

  line(stream: LogStream, text: string): void {
    this.#write(stream, "F", text);
  }

  /** Takes over what a process says, until it says no more; `onChunk` hears of it as it comes. */
  async follow(source: Readable, stream: LogStream, onChunk: (chunk: string) => void): Promise<void> {
    let rest = "";
    try {
      for await (const chunk of source.setEncoding("utf8")) {
        onChunk(String(chunk));
        const lines = (rest + String(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (const text of lines) this.#write(stream, "F", text);
      }
    } catch {
      // The process is gone; what it said is written.
    }
    if (rest !== "") this.#write(stream, "P", rest);
  }

  end(): void {
    if (this.#isOver) return;
    const over = (): void => {
      this.#isOver = true;
      this.#tell();
    };
    if (this.#file === undefined) over();
    else this.#file.end(over);
  }

  #write(stream: LogStream, kind: "F" | "P", text: string): void {
    if (this.#isOver || this.#file?.writableEnded === true) return;
    if (this.#file === undefined) {
      mkdirSync(dirname(this.path), { recursive: true });
      this.#file = createWriteStream(this.path, { flags: "a" });
      // The folder goes with the cluster, before the last word of a process may have come.
      this.#file.on("error", () => {});
    }
    const time = new Date(this.#clock.now()).toISOString().replace("Z", "000000Z");
    this.#file.write(`${time} ${stream} ${kind} ${text}\n`, () => this.#tell());
  }

  #tell(): void {
    for (const look of [...this.#readers]) look();
  }
}

export type LogLine = { readonly time: string; readonly text: string; readonly isWhole: boolean };

/** A log file taken apart; undefined while there is none. */
export async function readLog(path: string): Promise<LogLine[] | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : logLines(text);
}

/** Whole lines of a log file, taken apart. */
export function logLines(text: string): LogLine[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [time = "", , kind = "F", ...words] = line.split(" ");
      return { time, text: words.join(" "), isWhole: kind === "F" };
    });
}
