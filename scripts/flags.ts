import { readFileSync } from "node:fs";
import { type ParseArgsConfig, parseArgs } from "node:util";

/** As of any command here whose input is wrong. */
const BAD_INPUT = 3;

/**
 * A script's flags. `--help` prints what the head of its file says of it; a flag that is wrong ends the script with one
 * line and exit code 3.
 * @param script its `import.meta.filename`
 */
export function flagsOf<T extends ParseArgsConfig>(script: string, config: T): ReturnType<typeof parseArgs<T>> {
  if (process.argv.includes("--help")) {
    console.log(headOf(script));
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    console.error(`error: ${(error as Error).message}\n  hint: --help tells the flags`);
    process.exit(BAD_INPUT);
  }
}

function headOf(script: string): string {
  const [, head = ""] = /^\/\*\*\n(.*?)\n \*\//s.exec(readFileSync(script, "utf8")) ?? [];
  return head.replace(/^ \* ?/gm, "");
}
