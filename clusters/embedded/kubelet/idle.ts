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
