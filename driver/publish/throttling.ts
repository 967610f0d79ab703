import type { Random } from "../../core/index.ts";
import { type BackoffRule, waitOf } from "../provider/backoff.ts";
import type { PublishFailure } from "./failure.ts";

/**
 * How the stores' refusals for want of quota look by the time a provider has passed them on: few keep a code of
 * their own (AWS ThrottlingException, Azure and Vault 429, GCP RESOURCE_EXHAUSTED).
 */
const THROTTLED = /throttl|too many requests|rate (limit )?exceeded|quota exceeded|\b429\b|ResourceExhausted/i;
/** The same code, for an answer that is larger than the driver takes; asking less often does not help. */
const TOO_LARGE = "received message larger than max";

/** Whether a store asked for fewer calls. Pure. */
export function isThrottled({ stage, details }: PublishFailure): boolean {
  return stage === "provider" && THROTTLED.test(details) && !details.includes(TOO_LARGE);
}

/** How often a volume was throttled in a row, and before when its provider is not asked again. */
export type Restraint = { readonly count: number; readonly until: number };

/**
 * The rest after one more refusal: an interval, doubled each time up to eight; a fifth more or less, so that the
 * volumes of a node that were refused together do not come back together.
 */
export function restraintAfter(
  before: Restraint | undefined,
  { now, intervalMs, random }: { readonly now: number; readonly intervalMs: number; readonly random: Random },
): Restraint {
  const count = before?.count ?? 0;
  const rule: BackoffRule = { firstMs: intervalMs, factor: 2, maxMs: 8 * intervalMs, jitter: 0.2 };
  return { count: count + 1, until: now + waitOf(rule, count, random) };
}
