import { type ActivityToken, type Clock, type Log, messageOf, Scope, type Timer } from "../../core/index.ts";

/** What is to become of a key that was worked on. */
export type Next = "done" | "backOff" | { readonly afterMs: number };

export type QueueOptions = {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly firstRetryMs: number;
  readonly lastRetryMs: number;
  /** Throwing means `backOff`. */
  readonly work: (key: string, signal: AbortSignal) => Promise<Next>;
};

export interface Queue extends AsyncDisposable {
  add(key: string): void;
  /** The earliest of several counts. */
  addAfter(key: string, ms: number): void;
  addBackedOff(key: string): void;
  /** Neither waiting nor due any more; work under way goes on. */
  drop(key: string): void;
}

/** A work queue with one worker, as client-go's: a key waits once however often it is added, and fails with back-off. */
export function startQueue(options: QueueOptions): Queue {
  const { name, clock, log } = options;
  const scope = new Scope(name);
  const waiting = new Set<string>();
  const timers = new Map<string, Timer>();
  const failures = new Map<string, number>();
  let running: { readonly key: string; isDirty: boolean } | undefined;
  let last: Promise<void> = Promise.resolve();

  const add = (key: string): void => {
    if (scope.signal.aborted || waiting.has(key)) return;
    if (running?.key === key) {
      running.isDirty = true;
      return;
    }
    waiting.add(key);
    pump();
  };
  const addAfter = (key: string, ms: number): void => {
    if (scope.signal.aborted) return;
    const known = timers.get(key);
    if (known !== undefined && known.due <= clock.now() + ms) return;
    known?.cancel();
    const fire = (): void => {
      timers.delete(key);
      add(key);
    };
    timers.set(key, clock.timer(ms, fire, { ref: false }));
  };
  const addBackedOff = (key: string): void => {
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    addAfter(key, Math.min(options.lastRetryMs, options.firstRetryMs * 2 ** count));
  };
  const finish = (key: string, next: Next): void => {
    if (next === "backOff") {
      addBackedOff(key);
      return;
    }
    failures.delete(key);
    if (next !== "done") addAfter(key, next.afterMs);
  };
  const run = async (key: string, token: ActivityToken): Promise<void> => {
    let next: Next = "backOff";
    try {
      next = await clock.activity.run(token, () => options.work(key, scope.signal));
    } catch (error) {
      log.debug(`${name}: "${key}" failed and will be tried again`, { error: messageOf(error) });
    }
    if (!scope.signal.aborted) finish(key, next);
    const isDirty = running?.isDirty === true;
    running = undefined;
    if (isDirty) add(key);
    pump();
    token.end();
  };
  const pump = (): void => {
    if (running !== undefined) return;
    const [key] = waiting;
    if (key === undefined) return;
    waiting.delete(key);
    running = { key, isDirty: false };
    // Those that wait hold nothing: who is at work may wait for time to pass. Nobody waits for the work itself.
    last = run(key, clock.activity.begin(`${name} ${key}`, 0));
  };
  scope.defer("work", async () => {
    for (const timer of timers.values()) timer.cancel();
    waiting.clear();
    await last;
  });
  return {
    add,
    addAfter,
    addBackedOff,
    drop: (key) => {
      timers.get(key)?.cancel();
      timers.delete(key);
      waiting.delete(key);
      failures.delete(key);
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}
