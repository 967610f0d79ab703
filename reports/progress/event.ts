import type { CaseStatus, Report } from "../model.ts";

/** What a run tells while it goes on. */
export type ProgressEvent =
  | { readonly type: "started"; readonly subjects: readonly string[]; readonly cases: number; readonly seed: number }
  /** `count` scenarios more will run: the rows of examples are known only when a pass begins. */
  | { readonly type: "planned"; readonly count: number }
  | {
      readonly type: "executed";
      readonly id: string;
      readonly title: string;
      readonly subject: string;
      readonly behaviour: string;
      readonly status: CaseStatus;
      readonly durationMs: number;
      /** Why it failed or was skipped, in one line. */
      readonly reason?: string;
    }
  | { readonly type: "finished"; readonly report: Report };

/** Somebody who watches a run: a terminal, a log, a test. */
export type ProgressListener = (event: ProgressEvent) => void;
