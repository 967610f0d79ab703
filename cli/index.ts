import { keepHeapSmall } from "../core/small-heap.ts";
import type { DefineCommand } from "./define-command.ts";
import { reportError } from "./exit.ts";
import { partNamed } from "./parts.ts";

/**
 * Runs the command line and returns the exit code. A part that runs for days is started without the rest of the
 * command line, which would stay in its memory.
 */
export async function main(argv: readonly string[]): Promise<number> {
  // The launcher that chose this Node is gone: nobody waits for us any more.
  if (process.channel !== undefined && process.env["MOUNTPROOF_DETACHED"] === undefined)
    process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  const part = partNamed(argv);
  if (part !== undefined)
    return await part().catch((error) => reportError(error, (text) => process.stderr.write(text)));
  const { runCommandLine } = await import("./command-line.ts");
  return await runCommandLine(argv, await commandsFor(argv[0]));
}

/** A fake runs for days, too; the names of the other commands bring half of the harness along. */
async function commandsFor(name: string | undefined): Promise<readonly DefineCommand[]> {
  if (name !== "fake") return (await import("./commands.ts")).COMMANDS;
  keepHeapSmall();
  return [(await import("./fake.ts")).defineFake];
}
