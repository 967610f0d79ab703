import type { Clock, Random } from "../../../core/index.ts";
import type { Namespace } from "../core/namespaces.ts";
import { base62 } from "../values/ids.ts";
import type { TokenEntry } from "./token.ts";

export type NewToken = {
  /** A chosen id instead of a drawn one. */
  readonly id?: string;
  readonly policies: readonly string[];
  readonly path: string;
  readonly namespace: Namespace;
  readonly displayName: string;
  readonly meta?: Readonly<Record<string, string>> | null;
  readonly numUses?: number;
  readonly parent?: string;
  /** Seconds; 0 is for ever. */
  readonly ttl: number;
  readonly explicitMaxTtl?: number;
  readonly maxTtl?: number;
  readonly period?: number;
  readonly renewable?: boolean;
  readonly entityId?: string;
  readonly type?: "service" | "batch";
  readonly role?: string;
  readonly boundCidrs?: readonly string[];
  readonly renew?: TokenEntry["renew"];
};

/** Every so many new tokens the store looks for those that ran out. */
const SWEEP_EVERY = 512;

/**
 * The tokens. Expiry is decided at each look-up by the clock, so nothing has to fire when a TTL ends; what ran
 * out is swept now and then.
 */
export class TokenStore {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #tokens = new Map<string, TokenEntry>();
  readonly #byAccessor = new Map<string, string>();
  #created = 0;
  /** Takes back the leases of a revoked token. */
  onRevoked: (token: TokenEntry) => void = () => {};

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  create(spec: NewToken): TokenEntry {
    if (++this.#created % SWEEP_EVERY === 0) this.#sweep();
    const now = this.#clock.now();
    const type = spec.type ?? "service";
    const suffix = spec.namespace.isRoot ? "" : `.${spec.namespace.id}`;
    const id = spec.id ?? `${type === "batch" ? "hvb." : "hvs."}${base62(this.#random, 28)}${suffix}`;
    const token: TokenEntry = {
      id,
      accessor: type === "batch" ? "" : `${base62(this.#random, 24)}${suffix}`,
      policies: spec.policies,
      path: spec.path,
      meta: spec.meta ?? null,
      displayName: spec.displayName,
      usesLeft: spec.numUses ?? 0,
      parent: spec.parent,
      issuedAt: now,
      creationTtl: spec.ttl,
      explicitMaxTtl: spec.explicitMaxTtl ?? 0,
      maxTtl: spec.maxTtl ?? 0,
      period: spec.period ?? 0,
      expiresAt: spec.ttl > 0 ? now + spec.ttl * 1000 : undefined,
      lastRenewal: undefined,
      renewable: spec.renewable ?? false,
      entityId: spec.entityId ?? "",
      type,
      namespace: spec.namespace,
      role: spec.role,
      boundCidrs: spec.boundCidrs ?? [],
      children: new Set(),
      cubbyhole: new Map(),
      leases: new Set(),
      renew: spec.renew,
      acl: undefined,
    };
    this.#tokens.set(id, token);
    if (token.accessor !== "") this.#byAccessor.set(token.accessor, id);
    if (spec.parent !== undefined) this.#tokens.get(spec.parent)?.children.add(id);
    return token;
  }

  has(id: string): boolean {
    return this.#tokens.has(id);
  }

  /** A token that lives. One past its TTL, or whose parent is gone, is revoked on the way. */
  lookup(id: string): TokenEntry | undefined {
    const token = this.#tokens.get(id);
    if (token === undefined) return undefined;
    const expired = token.expiresAt !== undefined && token.expiresAt <= this.#clock.now();
    const isOrphaned = token.parent !== undefined && this.lookup(token.parent) === undefined;
    if (!expired && !isOrphaned) return token;
    this.revoke(token);
    return undefined;
  }

  byAccessor(accessor: string): TokenEntry | undefined {
    const id = this.#byAccessor.get(accessor);
    return id === undefined ? undefined : this.lookup(id);
  }

  accessors(namespace: Namespace): string[] {
    return [...this.#byAccessor.keys()].filter((accessor) => this.byAccessor(accessor)?.namespace === namespace);
  }

  all(): TokenEntry[] {
    return [...this.#tokens.keys()].flatMap((id) => this.lookup(id) ?? []);
  }

  /** Counts one use. The last use is still served: see {@link TokenStore.finishUse}. */
  use(token: TokenEntry): void {
    if (token.usesLeft === 1) token.usesLeft = -1;
    else if (token.usesLeft > 1) token.usesLeft--;
  }

  /** After a request: a token that was used up is gone. */
  finishUse(token: TokenEntry): void {
    if (token.usesLeft < 0) this.revoke(token);
  }

  /** Revokes a token and all below it. */
  revoke(token: TokenEntry): void {
    if (!this.#tokens.delete(token.id)) return;
    if (token.accessor !== "") this.#byAccessor.delete(token.accessor);
    if (token.parent !== undefined) this.#tokens.get(token.parent)?.children.delete(token.id);
    for (const child of [...token.children]) {
      const entry = this.#tokens.get(child);
      if (entry !== undefined) this.revoke(entry);
    }
    this.onRevoked(token);
  }

  /** Revokes a token and leaves its children as orphans. */
  revokeOrphaning(token: TokenEntry): void {
    for (const child of token.children) {
      const entry = this.#tokens.get(child);
      if (entry !== undefined) entry.parent = undefined;
    }
    token.children.clear();
    this.revoke(token);
  }

  #sweep(): void {
    for (const id of [...this.#tokens.keys()]) this.lookup(id);
  }
}
