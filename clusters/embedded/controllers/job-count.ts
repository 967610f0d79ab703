import type { Pod } from "./objects.ts";

/** What the pods say of a Job, whatever is done about it. */
export type JobCount = {
  readonly now: number;
  readonly pods: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  readonly startTime: string | undefined;
  /** Of an indexed Job: with those of pods that have just succeeded. */
  readonly succeededIndexes: ReadonlySet<number>;
  /** Of one with a limit for each index. */
  readonly failedIndexes: ReadonlySet<number> | undefined;
};
