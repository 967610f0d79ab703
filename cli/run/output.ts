import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { MountproofError, makeFolders, messageOf } from "../../core/index.ts";
import {
  COLOURS,
  liveProgress,
  NO_COLOURS,
  type ProgressListener,
  plainProgress,
  type Report,
  reportHtml,
  reportJunit,
  reportYaml,
} from "../../reports/index.ts";
import type { Guard } from "../../suite/index.ts";

export type RunOutput = AsyncDisposable & {
  readonly progress: ProgressListener;
  readonly message: (line: string) => void;
  /** Writes the report in all its forms. */
  write(report: Report): Promise<void>;
};

/** Every run has begun this one. */
const MARK = "messages.ndjson";
const FOLDERS = ["logs", "journals"];
const FILES = ["report.yaml", "report.html", "junit.xml", MARK, ...FOLDERS];

/**
 * Where a run speaks: the terminal, and the report's folder, emptied of an earlier report.
 * @throws MountproofError `environment` when the folder cannot be written, or holds logs that no run has made
 */
export async function openOutput(folder: string, options: { isPlain: boolean; guard: Guard }): Promise<RunOutput> {
  try {
    await makeFolders(folder);
    const held = await readdir(folder);
    const theirs = FOLDERS.find((name) => held.includes(name));
    if (theirs !== undefined && !held.includes(MARK)) throw new Error(`its folder "${theirs}" is of no earlier report`);
    for (const file of FILES) await rm(join(folder, file), { recursive: true, force: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  const messages = createWriteStream(join(folder, MARK));
  await once(messages, "open");
  // A full disk is nobody's failure but the folder's: the run goes on, and its report says so in the end.
  let broken: unknown;
  messages.on("error", (error) => {
    broken ??= error;
  });
  const shown = relative(process.cwd(), folder) || ".";
  return {
    progress: progressFor(options.isPlain, shown),
    message: (line) => {
      if (!messages.destroyed) messages.write(line);
    },
    write: async (report) => {
      const forms = {
        "report.yaml": reportYaml(report),
        "report.html": reportHtml(report),
        "junit.xml": reportJunit(report),
      };
      if (broken !== undefined) throw unwritable(folder, broken);
      for (const [name, text] of Object.entries(forms))
        await writeFile(join(folder, name), text).catch((cause: unknown) => {
          throw unwritable(folder, cause);
        });
    },
    [Symbol.asyncDispose]: async () => {
      if (messages.closed) return;
      const closed = once(messages, "close");
      messages.end();
      await closed;
    },
  };
}

function unwritable(folder: string, cause: unknown): MountproofError {
  return new MountproofError("environment", {
    message: `the report cannot be written to "${folder}": ${messageOf(cause)}`,
    hint: "name another folder by --out",
    cause,
  });
}

function progressFor(isPlain: boolean, folder: string): ProgressListener {
  const { stdout, env } = process;
  const write = (text: string): void => void stdout.write(text);
  if (isPlain || !stdout.isTTY || env["CI"] !== undefined) return plainProgress(write, folder);
  const paint = env["NO_COLOR"] === undefined ? COLOURS : NO_COLOURS;
  return liveProgress({ write, paint, columns: () => stdout.columns ?? 80, reportFolder: folder });
}
