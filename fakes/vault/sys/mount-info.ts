import type { JsonObject } from "../../../core/go/json.ts";
import type { Mount } from "../core/mounts.ts";
import { limitsOf } from "../core/state.ts";

/** Plugins that are neither built in nor of the outside carry this; the built-in four do not. */
const WITHOUT_STATUS: ReadonlySet<string> = new Set(["system", "identity", "cubbyhole", "token"]);

/** A mount as `sys/mounts` and `sys/auth` list it. */
export function mountInfo(mount: Mount): JsonObject {
  return {
    accessor: mount.accessor,
    config: {
      default_lease_ttl: mount.defaultLeaseTtl,
      force_no_cache: false,
      max_lease_ttl: mount.maxLeaseTtl,
      ...(mount.path.startsWith("auth/") ? { token_type: "default-service" } : {}),
      ...mount.config,
    },
    ...(WITHOUT_STATUS.has(mount.type) ? {} : { deprecation_status: "supported" }),
    description: mount.description,
    external_entropy_access: false,
    local: mount.local,
    options: mount.options === null ? null : { ...mount.options },
    plugin_version: "",
    running_plugin_version: mount.version,
    running_sha256: "",
    seal_wrap: mount.sealWrap,
    type: mount.listedType,
    uuid: mount.uuid,
  };
}

/** A mount as `tune` shows it: the TTLs that hold, not those that were set. */
export function tuneInfo(mount: Mount): JsonObject {
  const limits = limitsOf(mount);
  return {
    default_lease_ttl: limits.defaultTtl,
    description: mount.description,
    force_no_cache: false,
    max_lease_ttl: limits.maxTtl,
    ...(mount.path.startsWith("auth/") ? { token_type: "default-service" } : {}),
    ...(mount.options === null || Object.keys(mount.options).length === 0 ? {} : { options: { ...mount.options } }),
    ...mount.config,
  };
}
