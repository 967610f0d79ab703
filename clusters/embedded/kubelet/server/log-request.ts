import { open } from "node:fs/promises";
import type { StreamWriter } from "../../../../net/index.ts";
import { type LogFile, type LogLine, logLines } from "../containers/log-file.ts";

/** What of a log is wanted (PodLogOptions). */
export type LogRequest = {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** Nothing that was said before, in ms. */
  readonly since?: number;
};

/** Reads the query of `/containerLogs/…`, which kubelet takes over from PodLogOptions. */
export function logRequest(query: URLSearchParams, now: number): LogRequest {
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null || text === "" ? undefined : Number(text);
  };
  const sinceSeconds = number("sinceSeconds");
  const sinceTime = query.get("sinceTime");
  const since = sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined;
  const [tailLines, limitBytes] = [number("tailLines"), number("limitBytes")];
  return {
    follow: query.get("follow") === "true",
    timestamps: query.get("timestamps") === "true",
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(since !== undefined && { since }),
  };
}

/** Writes what is wanted of a log, and with `follow` what comes, until the container ends or the reader goes away. */
export async function sendLog(
  log: LogFile | undefined,
  wanted: LogRequest,
  writer: StreamWriter,
  signal: AbortSignal,
): Promise<void> {
  let left = wanted.limitBytes ?? Number.POSITIVE_INFINITY;
  const send = async (lines: readonly LogLine[]): Promise<void> => {
    const bytes = Buffer.from(lines.map((line) => textOf(line, wanted.timestamps)).join(""));
    const fitting = bytes.subarray(0, Math.min(left, bytes.length));
    left -= fitting.length;
    if (fitting.length > 0 && !writer.write(fitting)) await writer.drained();
  };
  if (log !== undefined) {
    using cursor = new LogCursor(log);
    const fresh = (await cursor.next()).filter(({ time }) => isSince(time, wanted.since));
    await send(wanted.tailLines === undefined ? fresh : wanted.tailLines === 0 ? [] : fresh.slice(-wanted.tailLines));
    while (wanted.follow && left > 0 && !signal.aborted) {
      const isOver = log.isOver;
      const lines = await cursor.next();
      if (lines.length > 0) await send(lines);
      else if (isOver) break;
      else await cursor.changed(signal);
    }
  }
  writer.end();
}

function textOf({ time, text, isWhole }: LogLine, timestamps: boolean): string {
  return `${timestamps ? `${time} ` : ""}${text}${isWhole ? "\n" : ""}`;
}

function isSince(time: string, since: number | undefined): boolean {
  return since === undefined || Date.parse(time) >= since;
}

/** Reads a log on from where it stopped. */
class LogCursor implements Disposable {
  readonly #log: LogFile;
  readonly #watch: Disposable;
  #at = 0;
  #hasMore = false;
  #wake: (() => void) | undefined;

  constructor(log: LogFile) {
    this.#log = log;
    this.#watch = log.onChange(() => {
      this.#hasMore = true;
      this.#wake?.();
    });
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  /** Lines that are new since the last call. */
  async next(): Promise<LogLine[]> {
    this.#hasMore = false;
    const file = await open(this.#log.path).catch(() => undefined);
    if (file === undefined) return [];
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of file.createReadStream({ start: this.#at, autoClose: false }))
        chunks.push(chunk as Buffer);
      const fresh = Buffer.concat(chunks);
      // A line is taken whole: a character may lie across two reads.
      const end = fresh.lastIndexOf(0x0a) + 1;
      this.#at += end;
      return logLines(fresh.subarray(0, end).toString());
    } finally {
      await file.close();
    }
  }

  /** Resolves when the log changed since the last read. */
  async changed(signal: AbortSignal): Promise<void> {
    if (this.#hasMore) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#wake = undefined;
  }
}
