import type { Clock, Log, Random } from "../../../core/index.ts";
import type { Dialect } from "../dialect.ts";
import type { Backend } from "../framework/backend.ts";
import type { TtlLimits } from "../tokens/ttl.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import type { Mount } from "./mounts.ts";
import type { Namespace } from "./namespaces.ts";

/** What an engine or auth method is given when it is mounted. */
export type EngineContext = {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dialect: Dialect;
  readonly namespace: Namespace;
  /** The mount's own path, with its last slash. */
  readonly path: string;
  /** The mount as it is tuned now. */
  readonly mount: () => Mount;
  readonly limits: () => TtlLimits;
  /** HTTPS to the cluster, and what Vault's own pod would know of it. */
  readonly cluster: ClusterAccess;
};

/**
 * @param options the mount's own, such as the version of KV
 * @param before what served the mount until now, and is replaced
 */
export type EngineFactory = (
  context: EngineContext,
  options: Readonly<Record<string, string>>,
  before?: Backend,
) => Backend;
