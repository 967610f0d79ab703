import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { MountproofError, makeFolders, messageOf, Scope } from "../../core/index.ts";
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
import { createOwnedFolder, type Guard, redactFile } from "../../suite/index.ts";

export type RunOutput = AsyncDisposable & {
  /** Where logs and journals are kept while the run goes on; they are in the report's folder once it is written. */
  readonly folder: string;
  readonly progress: ProgressListener;
  readonly message: (line: string) => void;
  /** Writes the report in all its forms, in the place of an earlier one. */
  write(report: Report): Promise<void>;
};

/** Every run has written this one. */
const MARK = "messages.ndjson";
const FOLDERS = ["logs", "journals"];
const FILES = [MARK, "report.yaml", "report.html", "junit.xml", ...FOLDERS];
/** What a run writes stands beside the earlier report until it is whole. */
const NEXT = ".mountproof-next-";

/**
 * Where a run speaks: the terminal, and the report's folder. An earlier report stays there until this one is written:
 * a run that cannot be made, is interrupted or killed loses nothing of it.
 * @throws MountproofError `environment` when the folder cannot be written, or holds logs that no run has made
 */
export async function openOutput(folder: string, options: { isPlain: boolean; guard: Guard }): Promise<RunOutput> {
  return await Scope.run("report", async (scope) => {
    const next = await prepare(folder, scope);
    const messages = createWriteStream(join(next, MARK));
    await once(messages, "open");
    // A full disk is nobody's failure but the folder's: the run goes on, and its report says so in the end.
    let broken: unknown;
    messages.on("error", (error) => {
      broken ??= error;
    });
    const close = async (): Promise<void> => {
      if (messages.closed) return;
      const closed = once(messages, "close").catch(() => {}); // told by `broken`
      messages.end();
      await closed;
    };
    scope.defer("messages", close);
    const shown = relative(process.cwd(), folder) || ".";
    return {
      folder: next,
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
        await close();
        if (broken !== undefined) throw unwritable(folder, broken);
        try {
          for (const [name, text] of Object.entries(forms)) await writeFile(join(next, name), text);
          // What was not known to be secret when it was written is by now.
          await redactFile(options.guard, join(next, MARK));
          await swap(next, folder);
        } catch (cause) {
          throw unwritable(folder, cause);
        }
      },
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  });
}

/** @returns the folder of what is written next, on the same file system as the report's */
async function prepare(folder: string, scope: Scope): Promise<string> {
  try {
    await makeFolders(folder);
    const held = await readdir(folder);
    const theirs = FOLDERS.find((name) => held.includes(name));
    if (theirs !== undefined && !held.includes(MARK)) throw new Error(`its folder "${theirs}" is of no earlier report`);
    return (await createOwnedFolder(scope, folder, NEXT)).path;
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** Puts what was written in the place of the earlier report, which goes with `next`; all of it, or nothing. */
async function swap(next: string, folder: string): Promise<void> {
  const earlier = join(next, "earlier");
  await mkdir(earlier);
  const undo: (() => Promise<void>)[] = [];
  const move = async (from: string, to: string): Promise<void> => {
    const isThere = await rename(from, to).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    if (isThere) undo.unshift(() => rename(to, from));
  };
  try {
    for (const name of FILES) {
      await move(join(folder, name), join(earlier, name));
      await move(join(next, name), join(folder, name));
    }
  } catch (error) {
    for (const back of undo) await back();
    throw error;
  }
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
