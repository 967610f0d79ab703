import { rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Digester, MountproofError, makeFolders, type Scope } from "../../core/index.ts";
import { briefFolder } from "../memory-folder.ts";
import { logFileOf, onceIn, type RunContext } from "../run-context.ts";
import { createRunFolder } from "../run-folder.ts";
import { KeptLog, type LogSighting } from "../subjects/kept-log.ts";
import type { RunRequest } from "./request.ts";

export type OpenRun = {
  readonly run: RunContext;
  /** Rejects when a case finds that the run cannot be made at all. */
  readonly abandoned: Promise<never>;
};

/** Makes what outlives the cases; all of it is given back with `scope`. */
export async function openRun(request: RunRequest, scope: Scope): Promise<OpenRun> {
  const { path, lifeline } = await createRunFolder(scope, briefFolder());
  for (const folder of [request.logFolder, request.journalFolder]) if (folder !== undefined) await makeFolders(folder);
  const abandoned = Promise.withResolvers<never>();
  abandoned.promise.catch(() => {}); // who waits for the run hears of it
  const ending = new AbortController();
  const run: RunContext = {
    scope,
    folder: path,
    logFolder: request.logFolder,
    ...keptLogs(request, scope),
    lifeline,
    guard: request.guard,
    digester: new Digester(),
    clock: request.clock,
    log: request.log,
    seed: request.seed,
    time: request.time,
    parts: request.parts ?? "in-process",
    apiserver: request.apiserver,
    journalFolder: request.journalFolder,
    signal: request.signal === undefined ? ending.signal : AbortSignal.any([ending.signal, request.signal]),
    once: onceIn(scope),
    makeFolder: folderMaker(path),
    abandon: (error) => {
      ending.abort(error);
      abandoned.reject(error);
    },
  };
  return { run, abandoned: abandoned.promise };
}

function keptLogs(
  { guard, logFolder }: Pick<RunRequest, "guard" | "logFolder">,
  scope: Scope,
): Pick<RunContext, "keptLog" | "began" | "sightings"> {
  const logs = new Map<string, KeptLog>();
  let now: LogSighting["during"];
  return {
    keptLog: (name) => {
      const file = logFileOf({ logFolder }, name);
      const log = logs.get(name) ?? scope.use(new KeptLog({ guard, file, during: () => now }));
      logs.set(name, log);
      return log;
    },
    began: (id, subject) => {
      now = { id, subject };
    },
    sightings: () => [...logs.values()].flatMap(({ file, sightings }) => sightings.map((one) => ({ ...one, file }))),
  };
}

/** How long a case under way may take to give back what it has after an interrupt. */
export const GRACE_MS = 10_000;

export function interruption(signal: AbortSignal): MountproofError {
  return new MountproofError("cancelled", { message: "the run was interrupted", cause: signal.reason });
}

/** Socket paths hold about a hundred bytes, so names are short. */
function folderMaker(parent: string): RunContext["makeFolder"] {
  let next = 1;
  return async (prefix, scope) => {
    const folder = join(parent, `${prefix}${next++}`);
    await mkdir(folder, { recursive: true });
    // At once: file by file through the pool of threads it took half of a case's end.
    scope.defer(`folder ${folder}`, () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };
}
