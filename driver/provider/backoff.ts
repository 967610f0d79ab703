import { type Random, seconds } from "../../core/index.ts";

export type BackoffRule = {
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** 0.2: up to a fifth more or less. */
  readonly jitter: number;
};

/** Between attempts of a call that was answered UNAVAILABLE (the driver's gRPC service config). */
export const RETRY: BackoffRule = { firstMs: seconds(1), factor: 1.1, maxMs: seconds(10), jitter: 0.2 };
export const MAX_ATTEMPTS = 3;

/** Between attempts to connect (gRPC's connection back-off). */
export const RECONNECT: BackoffRule = { firstMs: seconds(1), factor: 1.6, maxMs: seconds(120), jitter: 0.2 };

/** @param round 0 for the first wait */
export function waitOf({ firstMs, factor, maxMs, jitter }: BackoffRule, round: number, random: Random): number {
  const base = Math.min(maxMs, firstMs * factor ** round);
  return base * (1 + jitter * (2 * random.next() - 1));
}
