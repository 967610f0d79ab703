import { AssertionError } from "node:assert";
import { inspect } from "node:util";
import { isMountproofError, messageOf } from "../../core/index.ts";
import type { JournalEntry } from "../../net/journal.ts";
import type { Exchange, Failure } from "../../reports/index.ts";
import { GrpcError } from "../../wire/grpc/index.ts";
import { CheckFailed } from "../check.ts";

/** What a step threw, for the report. Pure. */
export function failureOf(error: unknown, redact: (text: string) => string): Failure {
  const message = error instanceof GrpcError ? `${error.codeName}: ${error.details}` : messageOf(error);
  return {
    message: redact(message),
    ...sidesOf(error, redact),
    ...(isMountproofError(error) && error.hint !== undefined && { hint: redact(error.hint) }),
    ...(error instanceof Error && error.stack !== undefined && { stack: redact(ownFrames(error.stack)) }),
  };
}

function sidesOf(
  error: unknown,
  redact: (text: string) => string,
): Pick<Failure, "expected" | "got" | "hint" | "requirement"> {
  if (error instanceof CheckFailed)
    return {
      expected: redact(error.expected),
      got: redact(error.got),
      ...(error.hint !== undefined && { hint: redact(error.hint) }),
      ...(error.requirement !== undefined && { requirement: error.requirement }),
    };
  if (error instanceof AssertionError)
    return {
      expected: redact(inspect(error.expected, { depth: 6 })),
      got: redact(inspect(error.actual, { depth: 6 })),
    };
  return {};
}

/** The frames that lie in this project; the message is shown by itself. */
function ownFrames(stack: string): string {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return frames
    .filter((line) => !/node:internal|node_modules/.test(line))
    .slice(0, 8)
    .join("\n");
}

/** Journal entries as the report shows them, timed from the scenario's begin. Pure. */
export function exchangesOf(entries: readonly JournalEntry[], began: number): Exchange[] {
  return entries.map(({ seam, server, operation, status, at, tookMs, detail }) => ({
    seam,
    server,
    operation,
    status,
    atMs: Math.round(at - began),
    tookMs: Math.round(tookMs * 100) / 100,
    detail: { ...detail },
  }));
}
