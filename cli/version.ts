import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DefineCommand } from "./define-command.ts";

export const defineVersion: DefineCommand = (program) => {
  program.option("--version", "print the version");
  program.on("option:version", () => {
    printVersion();
    process.exit(0);
  });
  program.command("version").description("print the version").action(printVersion);
};

function printVersion(): void {
  process.stdout.write(`${packageVersion()}\n`);
}

/** From package.json, beside the sources or one folder above the built files. */
export function packageVersion(): string {
  const here = import.meta.dirname;
  const root = here.endsWith(join("dist", "cli")) ? join(here, "..", "..") : join(here, "..");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return version;
}
