import type { Clock } from "../../../core/index.ts";

export type RateLimit = {
  readonly name: string;
  /** Below `/v1/`, with the namespace; empty for all. */
  readonly path: string;
  readonly rate: number;
  /** Seconds. */
  readonly interval: number;
  readonly blockInterval: number;
};

type Bucket = { start: number; left: number; blockedUntil: number };

export type QuotaVerdict = {
  readonly isAllowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
};

/** Asked without a limit, so that a limit can always be undone (Vault's default exempt paths). */
const EXEMPT = /^sys\/(health|seal-status|unseal|init|generate-root|rekey|leader|ha-status|license\/status)/;

/** Rate-limit quotas: the most specific one that covers a path counts, per client address. */
export class Quotas {
  readonly #clock: Clock;
  readonly #limits = new Map<string, RateLimit>();
  readonly #buckets = new Map<string, Bucket>();
  sendsHeaders = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#limits.size === 0;
  }

  names(): string[] {
    return [...this.#limits.keys()].sort();
  }

  get(name: string): RateLimit | undefined {
    return this.#limits.get(name);
  }

  put(limit: RateLimit): void {
    this.#limits.set(limit.name, limit);
    this.#forget(limit.name);
  }

  remove(name: string): void {
    this.#limits.delete(name);
    this.#forget(name);
  }

  /** Takes one request from the bucket. @returns undefined where no quota covers the path */
  take(path: string, address: string): QuotaVerdict | undefined {
    if (EXEMPT.test(path)) return undefined;
    let limit: RateLimit | undefined;
    for (const candidate of this.#limits.values())
      if (path.startsWith(candidate.path) && candidate.path.length >= (limit?.path.length ?? 0)) limit = candidate;
    if (limit === undefined) return undefined;
    const now = this.#clock.now();
    const key = `${limit.name} ${address}`;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined || now - bucket.start >= limit.interval * 1000) {
      bucket = { start: now, left: Math.max(1, Math.floor(limit.rate)), blockedUntil: bucket?.blockedUntil ?? 0 };
      this.#buckets.set(key, bucket);
    }
    const isAllowed = bucket.left > 0 && bucket.blockedUntil <= now;
    if (isAllowed) bucket.left--;
    else if (limit.blockInterval > 0 && bucket.blockedUntil <= now)
      bucket.blockedUntil = now + limit.blockInterval * 1000;
    const reset = Math.ceil((bucket.start + limit.interval * 1000) / 1000);
    return {
      isAllowed,
      headers: {
        "X-Ratelimit-Limit": String(limit.rate),
        "X-Ratelimit-Remaining": String(bucket.left),
        "X-Ratelimit-Reset": String(reset),
        ...(isAllowed ? {} : { "Retry-After": String(Math.max(1, reset - Math.floor(now / 1000))) }),
      },
    };
  }

  #forget(name: string): void {
    for (const key of this.#buckets.keys()) if (key.startsWith(`${name} `)) this.#buckets.delete(key);
  }
}
