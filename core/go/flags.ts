import { MountproofError } from "../index.ts";
import { parseDuration } from "./duration.ts";

/** What a flag holds; a duration is in milliseconds. */
export type FlagKind = "string" | "boolean" | "integer" | "duration" | "list";
export type Flag = { readonly kind: FlagKind; readonly initial: string; readonly usage: string };
export type FlagTable = { readonly [name: string]: Flag };

type ValueOf<F extends Flag> = F["kind"] extends "boolean"
  ? boolean
  : F["kind"] extends "integer" | "duration"
    ? number
    : string;
export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]: ValueOf<T[K]> };

/**
 * Reads flags as Go's pflag does: `--name value`, `--name=value`, `--name` for a boolean, one dash for one letter.
 * @throws MountproofError `invalid_argument` naming the flag
 */
export function parseFlags<T extends FlagTable>(argv: readonly string[], table: T): FlagValues<T> {
  const values: Record<string, string | boolean | number> = {};
  for (const [name, flag] of Object.entries(table)) values[name] = readValue(name, flag, flag.initial);
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const match = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(word);
    const name = match?.[1] ?? "";
    const flag = table[name];
    if (flag === undefined) throw bad(`unknown flag: ${word}`, word, "run it with --help");
    const given = match?.[2];
    if (given !== undefined) values[name] = readValue(name, flag, given);
    else if (flag.kind === "boolean") values[name] = true;
    else {
      const next = argv[++at];
      if (next === undefined) throw bad(`flag needs an argument: --${name}`, word, `give --${name}=VALUE`);
      values[name] = readValue(name, flag, next);
    }
  }
  return values as FlagValues<T>;
}

function readValue(name: string, { kind }: Flag, text: string): string | boolean | number {
  const refuse = (expected: string): MountproofError =>
    bad(`invalid argument "${text}" for "--${name}"`, `--${name}`, `expected ${expected}`);
  switch (kind) {
    case "boolean":
      if (/^(1|t|true)$/i.test(text)) return true;
      if (/^(0|f|false)$/i.test(text)) return false;
      throw refuse("true or false");
    case "integer":
      if (!/^[+-]?\d+$/.test(text)) throw refuse("a whole number");
      return Number(text);
    case "duration": {
      try {
        return parseDuration(text);
      } catch {
        throw refuse("a duration such as 2m or 90s");
      }
    }
    default:
      return text;
  }
}

function bad(message: string, flag: string, hint: string): MountproofError {
  return new MountproofError("invalid_argument", { message, hint, culprit: { flag } });
}

/** One line a flag, for `--help`. */
export function describeFlags(table: FlagTable): string {
  return Object.entries(table)
    .map(([name, { kind, initial, usage }]) => {
      const argument = kind === "boolean" ? "" : ` ${kind}`;
      const preset = initial === "" || initial === "false" ? "" : ` (default ${initial})`;
      return `  ${`${name.length === 1 ? "-" : "--"}${name}${argument}`.padEnd(46)} ${usage}${preset}\n`;
    })
    .join("");
}
