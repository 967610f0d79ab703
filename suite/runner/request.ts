import type { Clock, Log } from "../../core/index.ts";
import type { CaseResult, Finding, ProgressListener } from "../../reports/index.ts";
import type { Case } from "../catalogue/case.ts";
import type { Guard } from "../guard.ts";
import type { Layout } from "../layout.ts";
import type { Pass, Plan } from "../plan.ts";
import type { RunContext } from "../run-context.ts";
import type { Waiver } from "../waivers.ts";
import type { ReportFacts } from "./report.ts";

/** What running cases takes, whichever process does it. */
export type RunRequest = {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly log: Log;
  readonly guard: Guard;
  readonly time: RunContext["time"];
  readonly parts?: RunContext["parts"];
  readonly apiserver?: RunContext["apiserver"];
  /** Where each case's journal is kept; nothing is when left out. */
  readonly journalFolder?: string;
  readonly seed: number;
  readonly order: "random" | "defined";
  /** How often each case runs; in random order each time in another. */
  readonly repeat: number;
  /** Where logs of programs are kept; nothing is when left out. */
  readonly logFolder?: string;
  readonly onProgress: ProgressListener;
  /** Takes each line of messages.ndjson, secrets replaced. */
  readonly onMessage: (line: string) => void;
  /** Ends the run early; what it started is given back. */
  readonly signal?: AbortSignal;
};

export type SuiteRequest = RunRequest & {
  readonly plan: Plan;
  readonly waivers: readonly Waiver[];
  readonly facts: Omit<ReportFacts, "startedAt" | "durationMs">;
  /** The line that runs one case again. */
  readonly repeatCommand: (one: Case, pass: Pick<Pass, "subject" | "behaviour">) => string;
  /** Processes that the cases are spread over; undefined or 1: this one runs them all. The reference parts only. */
  readonly workers?: number;
  /** What has failed on one subject is left out of the passes that follow: a judge asks only whether anything fails. */
  readonly untilFailed?: boolean;
  /** Workers print what their parts log. */
  readonly isDebugging?: boolean;
};

/** What came of the cases that ran. */
export type RunOutcome = { readonly results: readonly CaseResult[]; readonly findings: readonly Finding[] };
