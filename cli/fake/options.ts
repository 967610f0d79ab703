import { readFile } from "node:fs/promises";
import { MountproofError, messageOf } from "../../core/index.ts";

/** What the control API can tell of; a fake that runs for days must not grow with its requests. */
export const KEPT_EXCHANGES = 10_000;

/** @throws MountproofError `invalid_argument` for what is no port */
export function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw wrong("--port", text, "a number from 0 to 65535");
  return port;
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
      message: `${flag} "${path}" cannot be read`,
      hint: "check the path",
      cause,
    });
  });
}

export function wrong(flag: string, value: string, takes: string): MountproofError {
  return new MountproofError("invalid_argument", { message: `${flag} "${value}" is not one of: ${takes}` });
}
