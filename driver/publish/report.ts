import type { PublishFailure } from "./failure.ts";

/**
 * What a publish has to say about itself, filled in as it goes: metrics are due whether it succeeds, is skipped,
 * is masked or fails, and are labelled with what was known by then.
 */
export type PublishReport = {
  /** The metric label: empty until the class was read. */
  provider: string;
  /** A repetition for rotation's sake, of something that was published before. */
  isRepublish: boolean;
  /** A failure that kubelet is not told of: the volume keeps what it has. */
  masked: PublishFailure | undefined;
};

export function newReport(): PublishReport {
  return { provider: "", isRepublish: false, masked: undefined };
}
