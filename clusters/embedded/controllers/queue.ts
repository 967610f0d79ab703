import { type ActivityToken, type Clock, type Log, Scope, type Timer } from "../../../core/index.ts";

/** Failed keys wait 5 ms, doubled each time, at most 1,000 s (client-go's default controller rate limiter). */
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 1_000_000;

export type QueueOptions = {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Brings the object behind `key` where it should be. Throwing retries it with back-off. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<void>;
  readonly workers?: number;
};

/** A work queue as controllers use it: a key is worked on once at a time, and once more if it changed meanwhile. */
export interface WorkQueue extends AsyncDisposable {
  add(key: string): void;
  addAfter(key: string, ms: number): void;
}

export function startQueue(options: QueueOptions): WorkQueue {
  const { clock, log, name } = options;
  const scope = new Scope(name);
  const waiting = new Map<string, ActivityToken>();
  const running = new Map<string, Promise<void>>();
  const dirty = new Set<string>();
  const failures = new Map<string, number>();
  const timers = new Set<Timer>();

  const add = (key: string): void => {
    if (scope.signal.aborted || waiting.has(key)) return;
    if (running.has(key)) return void dirty.add(key);
    waiting.set(key, clock.activity.begin(`${name} ${key}`));
    pump();
  };
  const addAfter = (key: string, ms: number): void => {
    if (scope.signal.aborted) return;
    const timer = clock.timer(ms, () => {
      timers.delete(timer);
      add(key);
    });
    timers.add(timer);
  };
  const pump = (): void => {
    for (const [key, token] of waiting) {
      if (running.size >= (options.workers ?? 1)) return;
      waiting.delete(key);
      running.set(key, work(key, token));
    }
  };
  const work = async (key: string, token: ActivityToken): Promise<void> => {
    try {
      await clock.activity.run(token, () => options.reconcile(key, scope.signal));
      failures.delete(key);
    } catch (error) {
      if (!scope.signal.aborted) {
        const count = failures.get(key) ?? 0;
        failures.set(key, count + 1);
        log.debug(`${name}: "${key}" failed and will be tried again`, { failures: count + 1, error: String(error) });
        addAfter(key, Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** count));
      }
    } finally {
      running.delete(key);
      if (dirty.delete(key)) add(key);
      else pump();
      token.end();
    }
  };
  scope.defer("work", async () => {
    for (const timer of timers) timer.cancel();
    for (const token of waiting.values()) token.end();
    waiting.clear();
    await Promise.allSettled(running.values());
  });
  return { add, addAfter, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}
