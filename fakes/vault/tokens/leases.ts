import { type Clock, type Log, messageOf, type Random, type Timer } from "../../../core/index.ts";
import { refuse } from "../framework/errors.ts";
import type { SecretBlock } from "../framework/request.ts";
import { base62 } from "../values/ids.ts";
import type { TokenEntry } from "./token.ts";
import { calculateTtl, type TtlLimits } from "./ttl.ts";

export type Lease = {
  readonly id: string;
  readonly issuedAt: number;
  readonly limits: TtlLimits;
  readonly secret: SecretBlock;
  readonly token: TokenEntry;
  expiresAt: number;
  lastRenewal: number | undefined;
  timer: Timer;
};

/** Leased secrets. Each ends when its TTL ends, when its token ends or when it is revoked. */
export class LeaseStore implements Disposable {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #leases = new Map<string, Lease>();

  constructor(clock: Clock, random: Random, log: Log) {
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
  }

  /** Starts a lease on what a path gave out. */
  register(path: string, secret: SecretBlock, token: TokenEntry, limits: TtlLimits): Lease {
    const suffix = token.namespace.isRoot ? "" : `.${token.namespace.id}`;
    const id = `${path}/${base62(this.#random, 24)}${suffix}`;
    const now = this.#clock.now();
    const lease: Lease = {
      id,
      issuedAt: now,
      limits,
      secret,
      token,
      expiresAt: now + secret.seconds * 1000,
      lastRenewal: undefined,
      timer: this.#arm(id, secret.seconds),
    };
    this.#leases.set(id, lease);
    token.leases.add(id);
    return lease;
  }

  get(id: string): Lease | undefined {
    return this.#leases.get(id);
  }

  ids(prefix = ""): string[] {
    return [...this.#leases.keys()].filter((id) => id.startsWith(prefix));
  }

  /** Seconds left, never negative. */
  ttl(lease: Lease): number {
    return Math.max(0, Math.floor((lease.expiresAt - this.#clock.now()) / 1000));
  }

  /** @returns the seconds granted from now, and why they are fewer than asked for */
  renew(
    id: string,
    increment: number,
  ): { readonly lease: Lease; readonly seconds: number; readonly warnings: readonly string[] } {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw refuse("lease not found");
    if (!lease.secret.renewable) throw refuse("lease is not renewable");
    const now = this.#clock.now();
    const ttl = calculateTtl(lease.limits, {
      increment,
      backendTtl: lease.secret.seconds,
      ...(lease.secret.maxSeconds === undefined ? {} : { backendMaxTtl: lease.secret.maxSeconds }),
      age: Math.floor((now - lease.issuedAt) / 1000),
    });
    lease.timer.cancel();
    lease.expiresAt = now + ttl.seconds * 1000;
    lease.lastRenewal = now;
    lease.timer = this.#arm(id, ttl.seconds);
    return { lease, ...ttl };
  }

  async revoke(id: string): Promise<void> {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.timer.cancel();
    this.#leases.delete(id);
    lease.token.leases.delete(id);
    await lease.secret.revoke?.();
  }

  #arm(id: string, seconds: number): Timer {
    return this.#clock.timer(seconds * 1000, () => this.revokeSoon(id), { ref: false });
  }

  /** Revokes without a caller to tell: a failure is logged. */
  revokeSoon(id: string): void {
    void this.#clock.activity
      .track(`fake/vault revoke ${id.slice(0, id.lastIndexOf("/"))}`, () => this.revoke(id))
      .catch((error: unknown) => this.#log.warn("a lease could not be revoked", { reason: messageOf(error) }));
  }

  [Symbol.dispose](): void {
    for (const lease of this.#leases.values()) lease.timer.cancel();
    this.#leases.clear();
  }
}
