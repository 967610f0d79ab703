import type { Clock } from "../core/index.ts";

/**
 * Waits for time, or for somebody else's work, in the middle of a call: whoever waits does not keep the virtual
 * clock still meanwhile.
 */
export async function waiting<T>(clock: Clock, label: string, work: () => Promise<T>): Promise<T> {
  const token = clock.activity.begin(label);
  token.park();
  try {
    return await clock.activity.run(token, work);
  } finally {
    token.end();
  }
}

/** Resolves with `work`, or rejects with the signal's reason when that aborts first. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
