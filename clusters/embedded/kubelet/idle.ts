import type { Clock } from "../../../core/index.ts";

/**
 * Waits for something that takes time on the clock, or depends on others: the work that waits does not keep the
 * clock still meanwhile.
 */
export async function idle<T>(clock: Clock, wait: Promise<T>): Promise<T> {
  const token = clock.activity.begin("kubelet waits");
  token.park(); // and with it whoever waits for this
  try {
    return await wait;
  } finally {
    token.end();
  }
}

/** Like {@link idle}, but rejects with the signal's reason when that aborts first. */
export async function idleUntil<T>(clock: Clock, wait: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await idle(clock, Promise.race([wait, aborted]));
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
