import { type Clock, type Random, waiting } from "../../core/index.ts";
import { AwsFailure } from "./failure.ts";

export type RetryOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly maxAttempts: number;
};

/** The first wait is shorter than this, and each further one may be twice as long (the Go SDK's jitter). */
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 20_000;

/**
 * Tries as the AWS SDK for Go does in its standard mode, on our clock: the JavaScript SDK's own retries would wait in
 * real time.
 * @throws AwsFailure telling of the attempts once they are used up; the signal's reason when the caller gave up
 */
export async function retried<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, random, signal, maxAttempts } = options;
  for (let made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof AwsFailure) || !error.isRetryable) throw error;
      if (made >= maxAttempts) throw error.behind(`exceeded maximum number of attempts, ${maxAttempts}, `);
      const ms = random.next() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (made - 1));
      await waiting(clock, "AWS is asked again", () => clock.sleep(ms, { signal }));
    }
  }
}
