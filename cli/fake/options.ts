import { readFile, writeFile } from "node:fs/promises";
import { flushCompileCache } from "node:module";
import type { Command } from "commander";
import { type Clock, MountproofError, messageOf } from "../../core/index.ts";
import { Journal } from "../../net/journal.ts";
import { processDialer } from "../../net/process-dialer.ts";
import { whole } from "../flag-values.ts";
import { untilStopped } from "../signals.ts";

/** The flags that every fake has, as commander gives them. */
export type CommonFlags = { readonly port: string; readonly host: string; readonly seed?: string };

/** @param holds what a seed may say */
export function addCommonFlags(command: Command, port: number, holds: string): Command {
  return command
    .option("--port <number>", "port to listen on; 0 for any free one", String(port))
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--seed <file>", `YAML or JSON with ${holds}`);
}

/** What every fake that runs alone is started with. */
export function commonParts(flags: CommonFlags, clock: Clock) {
  return {
    clock,
    listen: { host: flags.host, port: portOf(flags.port) },
    control: true,
    dialer: processDialer(process.env),
    journal: new Journal(clock, { keep: KEPT_EXCHANGES }),
  };
}

/** Says in one line of JSON that it serves, and where, and returns when it is told to stop. */
export async function announceAndServe(announcement: object): Promise<number> {
  // Node writes its compile cache when a process ends well, and a fake that serves tests is mostly killed: the next one
  // would strip the sources of their types again, with a program that stays in memory, 16 MB, as long as it runs.
  flushCompileCache();
  process.stdout.write(`${JSON.stringify(announcement)}\n`);
  await untilStopped();
  return 0;
}

/** @throws MountproofError `environment` naming flag and file */
export async function writeText(flag: string, path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((cause: unknown) => {
    throw new MountproofError("environment", {
      message: `${flag} "${path}" cannot be written: ${messageOf(cause)}`,
      cause,
    });
  });
}

/** What the control API can tell of; a fake that runs for days must not grow with its requests. */
const KEPT_EXCHANGES = 10_000;

/** @throws MountproofError `invalid_argument` for what is no port */
export function portOf(text: string, flag = "--port"): number {
  return whole(flag, text, 0, 65_535);
}

/** YAML or JSON. @throws MountproofError `invalid_argument` for a file that cannot be read */
export async function readSeed(path: string): Promise<unknown> {
  return await parseSeed(path, await readText("--seed", path));
}

/** @throws MountproofError `invalid_argument` for what is neither YAML nor JSON */
export async function parseSeed(path: string, text: string): Promise<unknown> {
  const { parse } = await import("yaml");
  try {
    return parse(text);
  } catch (cause) {
    // The parser's message quotes the line, which may hold a secret: its place must do.
    const place = /at line \d+, column \d+/.exec(messageOf(cause))?.[0] ?? "";
    throw new MountproofError("invalid_argument", {
      message: `--seed "${path}" is neither YAML nor JSON ${place}`.trim(),
      hint: "check its syntax",
    });
  }
}

/** @throws MountproofError `invalid_argument` for a file that cannot be read */
export async function readText(flag: string, path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw new MountproofError("invalid_argument", {
      message: `${flag} "${path}" cannot be read: ${messageOf(cause)}`,
      hint: "check the path",
      cause,
    });
  });
}
