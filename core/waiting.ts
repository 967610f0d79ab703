import type { Clock } from "./clock.ts";

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
