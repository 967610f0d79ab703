import type { JsonObject, JsonValue } from "../../../core/go/json.ts";
import type { Mounter } from "../core/mounting.ts";
import type { Mount } from "../core/mounts.ts";
import type { Namespace } from "../core/namespaces.ts";
import type { VaultState } from "../core/state.ts";
import type { PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Schema } from "../framework/fields.ts";
import type { Call, Result } from "../framework/request.ts";
import { SYSTEM_TTL } from "../tokens/ttl.ts";
import { parseSeconds } from "../values/duration.ts";
import { mountInfo, tuneInfo } from "./mount-info.ts";

const ENABLE_FIELDS: Schema = {
  type: "string",
  description: "string",
  config: "map",
  local: "bool",
  seal_wrap: "bool",
  external_entropy_access: "bool",
  plugin_name: "string",
  plugin_version: "string",
  options: "kvPairs",
};

const TUNE_FIELDS: Schema = {
  default_lease_ttl: "any",
  max_lease_ttl: "any",
  description: "string",
  listing_visibility: "string",
  audit_non_hmac_request_keys: "commaStrings",
  audit_non_hmac_response_keys: "commaStrings",
  passthrough_request_headers: "commaStrings",
  allowed_response_headers: "commaStrings",
  token_type: "string",
  options: "kvPairs",
  plugin_version: "string",
};

/** Settings that are kept and shown as they were given. */
const KEPT = [
  "listing_visibility",
  "audit_non_hmac_request_keys",
  "audit_non_hmac_response_keys",
  "passthrough_request_headers",
  "allowed_response_headers",
] as const;

/** `mounts/…`, `auth/…` and their `tune`. */
export function mountPaths(_state: VaultState, mounter: () => Mounter): PathSpec[] {
  return (["mounts", "auth"] as const).flatMap((table) => {
    const prefix = table === "auth" ? "auth/" : "";
    return [
      {
        pattern: new RegExp(`^${table}\\/(?<path>.+?)\\/tune$`),
        fields: TUNE_FIELDS,
        operations: {
          read: (call: Call) => ({ data: tuneInfo(existing(call, prefix)) }),
          update: (call: Call) => tune(existing(call, prefix), call, mounter()),
        },
      },
      {
        pattern: new RegExp(`^${table}\\/(?<path>.+?)\\/?$`),
        fields: ENABLE_FIELDS,
        operations: {
          read: (call: Call) => read(call, prefix),
          update: (call: Call) => enable(mounter(), call, prefix),
          delete: (call: Call) => {
            mounter().disable(call.request.namespace, pathOf(call, prefix));
            return undefined;
          },
        },
      },
      {
        pattern: new RegExp(`^${table}$`),
        operations: {
          read: ({ request }: Call) => ({
            data: listOfMounts(
              table === "auth" ? request.namespace.mounts.auths() : request.namespace.mounts.secrets(),
            ),
          }),
        },
      },
    ];
  });
}

function listOfMounts(mounts: readonly Mount[]): JsonObject {
  return Object.fromEntries(mounts.map((mount) => [mount.path.replace(/^auth\//, ""), mountInfo(mount)]));
}

function pathOf(call: Call, prefix: string): string {
  return `${prefix}${call.fields.string("path").replace(/^\/+|\/+$/g, "")}/`;
}

function read(call: Call, prefix: string): Result {
  const path = pathOf(call, prefix);
  const { mounts } = call.request.namespace;
  const mount = prefix === "" ? mounts.route(path) : mounts.get(path);
  if (mount !== undefined) return { data: mountInfo(mount) };
  throw refuse(
    prefix === "" ? `No secret engine mount at ${path}` : `No auth engine at ${path.replace(/^auth\//, "")}`,
  );
}

function existing(call: Call, prefix: string): Mount {
  const path = pathOf(call, prefix);
  const mount = call.request.namespace.mounts.get(path);
  if (mount === undefined) throw refuse(`cannot fetch sysview for path ${JSON.stringify(path)}`);
  return mount;
}

function enable(mounter: Mounter, call: Call, prefix: string): Result {
  const { fields } = call;
  let type = fields.string("type");
  const config = fields.object("config") ?? {};
  if (type === "") throw refuse("backend type must be specified as a string");
  if (type === "plugin") type = fields.string("plugin_name") || String(config["plugin_name"] ?? "");
  if (type === "") throw refuse("plugin_name must be provided for plugin backend");
  let options: Readonly<Record<string, string>> | null = fields.has("options") ? fields.pairs("options") : null;
  const version = /^kv-v([12])$/.exec(type)?.[1];
  if (version !== undefined) {
    type = "kv";
    options = { ...options, version };
  } else if (type !== "kv" && options?.["version"] !== undefined)
    throw refuse(
      prefix === ""
        ? `secrets engine ${JSON.stringify(type)} does not allow setting a version`
        : `auth method ${JSON.stringify(type)} does not allow setting a version`,
    );
  const defaultLeaseTtl = leaseTtl(config["default_lease_ttl"], "default");
  const maxLeaseTtl = leaseTtl(config["max_lease_ttl"], "max");
  if (maxLeaseTtl !== 0 && defaultLeaseTtl > maxLeaseTtl)
    throw refuse("given default lease TTL greater than given max lease TTL");
  if (defaultLeaseTtl > SYSTEM_TTL.maxTtl && maxLeaseTtl === 0)
    throw refuse(`given default lease TTL greater than system max lease TTL of ${SYSTEM_TTL.maxTtl}`);
  const kept: JsonObject = {};
  for (const name of KEPT) if (config[name] !== undefined) kept[name] = keptValue(name, config[name]);
  mounter.enable(call.request.namespace, {
    path: pathOf(call, prefix),
    type,
    description: fields.string("description"),
    local: fields.bool("local"),
    sealWrap: fields.bool("seal_wrap"),
    options,
    defaultLeaseTtl,
    maxLeaseTtl,
    config: kept,
  });
  return undefined;
}

function leaseTtl(raw: JsonValue | undefined, which: "default" | "max"): number {
  if (raw === undefined || raw === null || raw === "" || raw === "system") return 0;
  try {
    return parseSeconds(raw);
  } catch (error) {
    throw refuse(`unable to parse ${which} TTL of ${String(raw)}: ${(error as Error).message}`);
  }
}

function keptValue(name: string, value: JsonValue): JsonValue {
  if (name === "listing_visibility" && !["", "hidden", "unauth"].includes(String(value)))
    throw refuse(`invalid listing_visibility ${String(value)}`);
  return typeof value === "string" && name !== "listing_visibility" ? value.split(",") : value;
}

function tune(mount: Mount, { fields, request }: Call, mounter: Mounter): Result {
  const defaultLeaseTtl = fields.has("default_lease_ttl")
    ? leaseTtl(fields.any("default_lease_ttl"), "default")
    : mount.defaultLeaseTtl;
  const maxLeaseTtl = fields.has("max_lease_ttl") ? leaseTtl(fields.any("max_lease_ttl"), "max") : mount.maxLeaseTtl;
  if (maxLeaseTtl !== 0 && defaultLeaseTtl > maxLeaseTtl)
    throw refuse(
      `backend max lease TTL of ${maxLeaseTtl} would be less than backend default lease TTL of ${defaultLeaseTtl}`,
    );
  mount.defaultLeaseTtl = defaultLeaseTtl;
  mount.maxLeaseTtl = maxLeaseTtl;
  if (fields.has("description")) mount.description = fields.string("description");
  for (const name of KEPT) {
    if (!fields.has(name)) continue;
    const value: JsonValue = name === "listing_visibility" ? fields.string(name) : fields.list(name);
    mount.config = { ...mount.config, [name]: keptValue(name, value) };
  }
  if (fields.has("options")) return tuneOptions(mount, fields.pairs("options"), request.namespace, mounter);
  return undefined;
}

/** A version of KV goes up only, and the mount goes on with what it holds. */
function tuneOptions(
  mount: Mount,
  given: Readonly<Record<string, string>>,
  namespace: Namespace,
  mounter: Mounter,
): Result {
  const { version } = given;
  // Version 0 is that of a mount which was given none, and serves version 1.
  const now = Number(mount.options?.["version"] ?? 0);
  const wanted = version === undefined ? now : Number(version);
  if (version !== undefined && wanted !== 1 && wanted !== 2) throw refuse(`invalid version provided: ${version}`);
  if (wanted < now) throw refuse(`cannot downgrade mount from version ${now}`);
  const kept = Object.entries({ ...mount.options, ...given }).filter(
    ([name, value]) => value !== "" || name === "version",
  );
  mount.options = Object.fromEntries(kept);
  if (wanted === now) return undefined;
  mounter.reload(namespace, mount);
  return {
    warnings: [
      `Upgrading mount from version ${now} to version ${wanted}. This mount will be unavailable for a brief period and will resume service shortly.`,
    ],
  };
}
