import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Clock, MountproofError, type Scope } from "../../core/index.ts";
import type { ClusterApiContext } from "../embedded/index.ts";

/** Given to a program that is asked to end before it is killed. */
const GRACE_MS = 5_000;
const LOOK_MS = 50;

export type ProgramSpec = {
  /** Names it in errors. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  /** What it says goes there. */
  readonly logFile: string;
  readonly isReady: () => Promise<boolean>;
  readonly readyMs: number;
  readonly clock: Clock;
  readonly processGroups?: ClusterApiContext["processGroups"];
};

/**
 * Starts a program of its own process group; it ends with the scope.
 * @throws MountproofError `environment` when it ends before it is ready, or is not ready in time, with its last words
 */
export async function startProgram(spec: ProgramSpec, scope: Scope): Promise<void> {
  const { args, clock, isReady, name, path, readyMs } = spec;
  const log = createWriteStream(spec.logFile, { flags: "w", mode: 0o600 });
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const ended = Promise.withResolvers<void>();
  child.once("error", () => ended.resolve());
  child.once("exit", () => ended.resolve());
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  if (child.pid !== undefined) spec.processGroups?.watch(child.pid);
  scope.defer(name, async () => {
    await end(child, ended.promise, clock);
    log.end();
    if (child.pid !== undefined) spec.processGroups?.forget(child.pid);
  });
  const until = clock.now() + readyMs;
  while (!(await isReady().catch(() => false))) {
    const isOver = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (!isOver && clock.now() < until) {
      await clock.sleep(LOOK_MS);
      continue;
    }
    const said = await readFile(spec.logFile, "utf8").catch(() => "");
    const last = said.trim().split("\n").slice(-3).join("\n");
    throw new MountproofError("environment", {
      message: isOver
        ? `${name} ended with ${child.exitCode ?? child.signalCode ?? "an error"} before it was ready: ${last}`
        : `${name} was not ready after ${readyMs / 1000} s: ${last}`,
      hint: `is "${path}" a ${name} for this machine?`,
      culprit: { program: path },
    });
  }
}

async function end(child: ChildProcess, ended: Promise<void>, clock: Clock): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const patience = new AbortController();
  const killed = clock.sleep(GRACE_MS, { signal: patience.signal }).then(
    () => child.kill("SIGKILL"),
    () => undefined,
  );
  await ended;
  patience.abort();
  await killed;
}
