import { inspect } from "node:util";
import { isMountproofError, messageOf } from "../core/index.ts";

/** What the process ends with; `mountproof --help` explains them. */
export const ExitCode = { good: 0, failed: 1, inconclusive: 2, environment: 3, interrupted: 130 } as const;

/** One clear error: what, who is to blame, what to do. A stack only for what nobody foresaw. */
export function reportError(error: unknown, write: (text: string) => void): number {
  if (isMountproofError(error)) {
    write(`error: ${error.describe()}\n`);
    return error.code === "cancelled" ? ExitCode.interrupted : ExitCode.environment;
  }
  write(`error: ${messageOf(error)}\n`);
  if (process.env["MOUNTPROOF_DEBUG"] !== undefined) write(`${inspect(error)}\n`);
  else write("  hint: set MOUNTPROOF_DEBUG=1 for the stack\n");
  return ExitCode.environment;
}
