import { inspect } from "node:util";
import { isMountproofError, messageOf } from "../core/index.ts";

/** What the process ends with; `mountproof --help` explains them. */
export const ExitCode = { good: 0, failed: 1, inconclusive: 2, environment: 3, interrupted: 130 } as const;

/** One clear error: what, who is to blame, what to do. A stack only for what nobody foresaw. */
export function reportError(error: unknown, write: (text: string) => void): number {
  // A clean-up failed while an error was on its way: the first error decides, the second is told.
  if (error instanceof SuppressedError) {
    const code = reportError(error.suppressed, write);
    write(`  and while everything was given back: ${causesOf(error.error)}\n`);
    return code;
  }
  if (isMountproofError(error)) {
    write(`error: ${error.describe()}\n`);
    return error.code === "cancelled" ? ExitCode.interrupted : ExitCode.environment;
  }
  write(`error: ${messageOf(error)}\n`);
  if (process.env["MOUNTPROOF_DEBUG"] !== undefined) write(`${inspect(error)}\n`);
  else write("  hint: set MOUNTPROOF_DEBUG=1 for the stack\n");
  return ExitCode.environment;
}

function causesOf(error: unknown): string {
  if (process.env["MOUNTPROOF_DEBUG"] !== undefined) return inspect(error);
  if (error instanceof AggregateError) return error.errors.map(causesOf).join("; ");
  return messageOf(error);
}
