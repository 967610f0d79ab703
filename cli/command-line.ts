import { Command, CommanderError } from "commander";
import type { DefineCommand } from "./define-command.ts";
import { ExitCode, reportError } from "./exit.ts";

/** Nothing but these commands' names and options is loaded before one is chosen: each imports what it needs. */
export async function runCommandLine(argv: readonly string[], commands: readonly DefineCommand[]): Promise<number> {
  const program = new Command("mountproof")
    .description("Proves that secrets reach pods: conformance for the Kubernetes Secrets Store CSI interface.")
    .enablePositionalOptions()
    .showHelpAfterError("(run with --help for what there is)")
    .addHelpText("after", EXIT_CODES)
    .exitOverride();
  let code: number = ExitCode.good;
  const finish = (result: number): void => {
    code = result;
  };
  for (const define of commands) define(program, finish);
  for (const command of program.commands) inheritSettings(command, program);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    // commander has already printed its complaint; help and version end here too, with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.good : ExitCode.environment;
    return reportError(error, (text) => process.stderr.write(text));
  }
}

function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  // Parts that run as processes read their flags themselves, `--help` too.
  if (command.name() === "driver" || command.name() === "provider") command.helpOption(false);
  for (const child of command.commands) inheritSettings(child, command);
}

const EXIT_CODES = `
Exit codes:
  0  everything that was asked for passed
  1  a case failed, or a secret showed where it must not
  2  nothing failed, but the verdict on a subject of yours is inconclusive: a case it needs did not run
  3  the run could not be made: a bad flag, a missing file, a taken port`;
