import type { Clock } from "../../../core/index.ts";
import { idleUntil } from "./idle.ts";

export type WaitSpec = {
  readonly clock: Clock;
  /** Looked at now, and then whenever a loop with this period would have looked after a change. */
  readonly periodMs: number;
  readonly limitMs?: number;
  readonly signal: AbortSignal;
  readonly holds: () => boolean | Promise<boolean>;
  /** Calls `look` after each change that may matter. */
  readonly watch: (look: () => void) => Disposable;
};

/**
 * Kubelet's polls without the polling.
 * @returns whether it held within the limit
 * @throws the signal's reason, or what `holds` throws
 */
export async function waitUntil(spec: WaitSpec): Promise<boolean> {
  const { clock, periodMs, limitMs = Number.POSITIVE_INFINITY, signal, holds } = spec;
  const start = clock.now();
  let changed = Promise.withResolvers<void>();
  using _watch = spec.watch(() => changed.resolve());
  using deadline = Number.isFinite(limitMs) ? clock.timer(limitMs, () => changed.resolve(), { ref: false }) : undefined;
  for (;;) {
    signal.throwIfAborted();
    if (await holds()) return true;
    if (deadline !== undefined && clock.now() >= deadline.due) return false;
    await idleUntil(clock, changed.promise, signal);
    changed = Promise.withResolvers();
    const polls = Math.ceil((clock.now() - start) / periodMs);
    const wait = Math.min(start + polls * periodMs, start + limitMs) - clock.now();
    if (wait > 0) await idleUntil(clock, clock.sleep(wait, { signal }), signal);
  }
}
