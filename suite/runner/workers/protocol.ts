import type { ErrorCode } from "../../../core/index.ts";
import type { CaseResult, Finding, ProgressEvent } from "../../../reports/index.ts";
import type { Case } from "../../catalogue/case.ts";
import type { Behaviour } from "../../needs.ts";
import type { RunRequest } from "../request.ts";

/** A pass without what cannot be sent: the subject is found again by its id. */
export type SentPass = { readonly subject: string; readonly behaviour: Behaviour; readonly cases: readonly Case[] };

/** What a worker is told at its start. */
export type Assignment = Pick<
  RunRequest,
  "layout" | "time" | "seed" | "order" | "repeat" | "logFolder" | "journalFolder"
> & { readonly passes: readonly SentPass[]; readonly isDebugging: boolean };

/** Cases of one pass and one feature file, which one worker runs one after the other. */
export type Chunk = { readonly pass: number; readonly ids: readonly string[] };

export type ToWorker =
  | { readonly type: "assignment"; readonly assignment: Assignment }
  | { readonly type: "run"; readonly chunk: Chunk }
  /** Nothing is left: give back what you have, and end. */
  | { readonly type: "end" }
  | { readonly type: "interrupt" };

export type FromWorker =
  /** Ready for a chunk. */
  | { readonly type: "ready" }
  | { readonly type: "began"; readonly id: string }
  | { readonly type: "executed"; readonly event: ProgressEvent }
  /** Lines of messages.ndjson. */
  | { readonly type: "messages"; readonly lines: readonly string[] }
  /** A chunk's results, one for each of its cases. */
  | { readonly type: "done"; readonly results: readonly CaseResult[]; readonly findings: readonly Finding[] }
  /** The last word of a worker that ended well. */
  | { readonly type: "over"; readonly findings: readonly Finding[] }
  /** The run cannot be made at all. */
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string; readonly hint?: string };
