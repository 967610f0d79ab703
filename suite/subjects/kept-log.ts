import { createReadStream, createWriteStream, existsSync, type WriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Guard } from "../guard.ts";

/** A secret in a line that a program printed. */
export type LogSighting = {
  readonly label: string;
  readonly form: string;
  /** In the kept log, from 1. */
  readonly line: number;
  /** Who printed it. */
  readonly program: string;
  /** The case that ran then; undefined before the first one. */
  readonly during: { readonly id: string; readonly subject: string } | undefined;
};

export type KeptLogSpec = {
  readonly guard: Guard;
  /** Undefined: only the sightings are kept. */
  readonly file?: string | undefined;
  /** The case that runs now. */
  readonly during?: () => LogSighting["during"];
};

/**
 * What programs of one name print in a run, one after the other: kept without the run's secrets, each of which is told.
 * What turns out to be secret later, such as a value that was printed before it was mounted, is replaced at the end.
 */
export class KeptLog implements AsyncDisposable {
  readonly file: string | undefined;
  readonly sightings: LogSighting[] = [];
  readonly #spec: KeptLogSpec;
  #stream: WriteStream | undefined;
  #lines = 0;

  constructor(spec: KeptLogSpec) {
    this.#spec = spec;
    this.file = spec.file;
  }

  /** @returns the line without secrets */
  add(program: string, line: string): string {
    const { guard, during } = this.#spec;
    this.#lines++;
    for (const { label, form } of guard.search(line))
      this.sightings.push({ label, form, line: this.#lines, program, during: during?.() });
    const clean = guard.redact(line);
    this.#open()?.write(`${clean}\n`);
    return clean;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) return;
    await new Promise<void>((resolve) => stream.end(() => resolve()));
    if (this.file !== undefined) await redactFile(this.#spec.guard, this.file);
  }

  /** Several runs may append to one file; one that prints nothing leaves none. */
  #open(): WriteStream | undefined {
    if (this.file === undefined) return undefined;
    if (this.#stream === undefined) {
      this.#stream = createWriteStream(this.file, { flags: "a" });
      this.#stream.on("error", () => {}); // a full disk must not end the run
    }
    return this.#stream;
  }
}

const CHUNK_BYTES = 1 << 20;

/** Replaces in a file of lines what is known to be secret by now; a file that is not there is left alone. */
export async function redactFile(guard: Guard, file: string): Promise<void> {
  if (!existsSync(file)) return;
  const clean = `${file}.clean`;
  const source = createReadStream(file, { encoding: "utf8", highWaterMark: CHUNK_BYTES });
  await pipeline(source, (chunks: AsyncIterable<string>) => redacted(guard, chunks), createWriteStream(clean));
  await rename(clean, file);
}

async function* redacted(guard: Guard, chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + chunk;
    const end = text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    if (end > 0) yield guard.redact(text.slice(0, end));
  }
  if (rest !== "") yield guard.redact(rest);
}
