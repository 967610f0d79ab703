import type { Clock, Log, Random } from "../../../core/index.ts";
import type { AuditBroker } from "../audit/broker.ts";
import type { Dialect } from "../dialect.ts";
import type { Entities } from "../identity/entities.ts";
import type { LeaseStore } from "../tokens/leases.ts";
import type { TokenStore } from "../tokens/token-store.ts";
import { SYSTEM_TTL, type TtlLimits } from "../tokens/ttl.ts";
import type { Mount } from "./mounts.ts";
import type { Namespaces } from "./namespaces.ts";
import type { Quotas } from "./quotas.ts";
import type { SealState } from "./seal.ts";

/** Everything a running server holds. */
export type VaultState = {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dialect: Dialect;
  readonly seal: SealState;
  readonly namespaces: Namespaces;
  readonly tokens: TokenStore;
  readonly leases: LeaseStore;
  readonly entities: Entities;
  readonly quotas: Quotas;
  readonly audit: AuditBroker;
};

/** A mount's TTLs: its own where tuned, else the system's. */
export function limitsOf(mount: Mount): TtlLimits {
  return {
    defaultTtl: mount.defaultLeaseTtl || Math.min(SYSTEM_TTL.defaultTtl, mount.maxLeaseTtl || SYSTEM_TTL.maxTtl),
    maxTtl: mount.maxLeaseTtl || SYSTEM_TTL.maxTtl,
  };
}
