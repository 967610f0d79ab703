import { type ActivityToken, type Clock, Scope, type Timer } from "../../core/index.ts";

/** What is to become of a key after it was worked on. */
export type Next =
  | { readonly kind: "done" }
  | { readonly kind: "after"; readonly ms: number }
  /** Soon, later each time, and not for ever: the next round comes anyway. */
  | { readonly kind: "limited" };

/** client-go's default rate limiter. */
const FIRST_RETRY_MS = 5;
/** What is not found stays away after so many tries. */
const MAX_LIMITED = 5;

export interface RotationQueue extends AsyncDisposable {
  add(key: string): void;
}

/** One key at a time, in order; a key that waits already is not added twice. */
export function startRotationQueue(
  clock: Clock,
  work: (key: string, signal: AbortSignal) => Promise<Next>,
): RotationQueue {
  const scope = new Scope("rotation queue");
  const waiting = new Set<string>();
  const timers = new Set<Timer>();
  const misses = new Map<string, number>();
  let isBusy = false;
  let last: Promise<void> = Promise.resolve();

  const add = (key: string): void => {
    if (scope.signal.aborted || waiting.has(key)) return;
    waiting.add(key);
    pump();
  };
  const pump = (): void => {
    const [key] = waiting;
    if (isBusy || key === undefined) return;
    waiting.delete(key);
    isBusy = true;
    // Those that wait hold nothing: who is at work may wait for time to pass. Nobody waits for the work itself.
    last = turn(key, clock.activity.begin(`rotation of ${key}`, 0));
  };
  const turn = async (key: string, token: ActivityToken): Promise<void> => {
    try {
      const next = await clock.activity.run(token, () => work(key, scope.signal));
      const count = next.kind === "limited" ? (misses.get(key) ?? 0) + 1 : 0;
      if (count > 0) misses.set(key, count);
      else misses.delete(key);
      if (next.kind === "after") addAfter(key, next.ms);
      if (next.kind === "limited" && count <= MAX_LIMITED) addAfter(key, FIRST_RETRY_MS * 2 ** (count - 1));
    } finally {
      isBusy = false;
      pump();
      token.end();
    }
  };
  const addAfter = (key: string, ms: number): void => {
    if (scope.signal.aborted) return;
    const timer = clock.timer(ms, () => {
      timers.delete(timer);
      add(key);
    });
    timers.add(timer);
  };
  scope.defer("work", async () => {
    for (const timer of timers) timer.cancel();
    waiting.clear();
    await last;
  });
  return { add, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}
