import { goString, type JsonObject, type JsonValue } from "../../../../core/go/json.ts";
import { listBelow, listOf, type PathSpec } from "../../framework/backend.ts";
import { bare, multierror, refuse } from "../../framework/errors.ts";
import type { Call, Result } from "../../framework/request.ts";
import { goDuration, goTime } from "../../values/duration.ts";
import type { Kv2 } from "./data.ts";
import { type Key, newKey } from "./store.ts";

const FIELDS = {
  max_versions: "int",
  cas_required: "bool",
  delete_version_after: "seconds",
  custom_metadata: "map",
} as const;

const CAS_FIELDS = { metadata_cas_required: "bool", metadata_cas: "int" } as const;

/** `metadata/…`: settings and versions of a key, and the list of keys. */
export function metadataPath(kv: Kv2): PathSpec {
  const hasCas = kv.context.dialect.hasCheckAndSetExtras;
  return {
    pattern: /^metadata(?:\/(?<path>.*))?$/s,
    fields: hasCas ? { ...FIELDS, ...CAS_FIELDS } : FIELDS,
    exists: (call) => kv.keys.has(call.fields.string("path")),
    operations: {
      read: (call) => {
        const key = kv.keys.get(call.fields.string("path"));
        return key === undefined ? undefined : { data: describe(key, hasCas) };
      },
      update: (call) => write(kv, call),
      patch: (call) => {
        const key = kv.keys.get(call.fields.string("path"));
        if (key === undefined) throw bare(404);
        set(kv, key, call, true);
        return undefined;
      },
      delete: (call) => {
        kv.keys.delete(call.fields.string("path"));
        return undefined;
      },
      list: (call) => listOf(listBelow(kv.keys.keys(), call.fields.string("path"))),
    },
  };
}

function write(kv: Kv2, call: Call): Result {
  const path = call.fields.string("path");
  if (path === "") throw refuse("missing path");
  if (!Object.keys({ ...FIELDS, ...CAS_FIELDS }).some((name) => call.fields.has(name))) return undefined;
  const warnings: string[] = [];
  if (kv.config.casRequired && call.fields.has("cas_required") && !call.fields.bool("cas_required"))
    warnings.push('"cas_required" set to false, but is mandated by backend config. This value will be ignored.');
  const key = kv.keys.get(path) ?? newKey(kv.context.clock.now());
  set(kv, key, call, false);
  kv.keys.set(path, key);
  return warnings.length === 0 ? undefined : { warnings };
}

function set(kv: Kv2, key: Key, call: Call, isPatch: boolean): void {
  const { fields } = call;
  checkMetadataCas(kv, key, call);
  const custom = fields.object("custom_metadata");
  if (custom !== undefined) {
    const merged: Record<string, string> = isPatch ? { ...key.customMetadata } : {};
    for (const [name, value] of Object.entries(custom)) {
      if (isPatch && value === null) delete merged[name];
      else merged[name] = textOf(value);
    }
    checkCustomMetadata(merged);
    key.customMetadata = merged;
  }
  if (fields.has("max_versions")) key.maxVersions = fields.int("max_versions");
  if (fields.has("cas_required")) key.casRequired = fields.bool("cas_required");
  if (fields.has("metadata_cas_required")) key.metadataCasRequired = fields.bool("metadata_cas_required");
  if (fields.has("delete_version_after")) key.deleteVersionAfter = fields.int("delete_version_after");
  key.updatedAt = kv.context.clock.now();
  key.metadataVersion++;
}

function checkMetadataCas(kv: Kv2, key: Key, call: Call): void {
  if (!kv.context.dialect.hasCheckAndSetExtras) return;
  if (!call.fields.has("metadata_cas")) {
    if (kv.config.metadataCasRequired || key.metadataCasRequired)
      throw refuse("metadata check-and-set parameter required for this call");
    return;
  }
  if (call.fields.int("metadata_cas") !== key.metadataVersion)
    throw refuse("metadata check-and-set parameter does not match the current version");
}

function textOf(value: JsonValue): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "object" && !("text" in value))
    throw refuse(`custom_metadata validation failed: '' expected type 'string', got unconvertible type`);
  return String(value);
}

/** At most 64 pairs; keys of 1 to 128 bytes, values of 1 to 512, all printable. */
function checkCustomMetadata(pairs: Record<string, string>): void {
  const prefix = "custom_metadata validation failed";
  const errors: string[] = [];
  const count = Object.keys(pairs).length;
  if (count > 64) errors.push(`${prefix}: payload must contain at most 64 keys, provided ${count}`);
  else
    for (const [key, value] of Object.entries(pairs)) {
      if (key.length === 0 || key.length > 128)
        errors.push(`${prefix}: length of key ${goString(key)} is ${key.length} but must be 0 < len(key) <= 128`);
      if (value.length === 0 || value.length > 512)
        errors.push(
          `${prefix}: length of value for key ${goString(key)} is ${value.length} but must be 0 < len(value) <= 512`,
        );
      if (/\p{Cc}/u.test(key)) errors.push(`${prefix}: key ${goString(key)} contains unprintable characters`);
      if (/\p{Cc}/u.test(value))
        errors.push(`${prefix}: value for key ${goString(key)} contains unprintable characters`);
    }
  if (errors.length > 0) throw refuse(multierror(errors));
}

function describe(key: Key, hasCas: boolean): JsonObject {
  const versions: JsonObject = {};
  for (const [number, version] of key.versions)
    versions[String(number)] = {
      created_time: goTime(version.createdAt),
      deletion_time: version.deletedAt === undefined ? "" : goTime(version.deletedAt),
      destroyed: version.isDestroyed,
    };
  return {
    cas_required: key.casRequired,
    created_time: goTime(key.createdAt),
    current_version: key.current,
    custom_metadata: key.customMetadata,
    delete_version_after: goDuration(key.deleteVersionAfter),
    max_versions: key.maxVersions,
    // The first version is 0 until others were dropped.
    oldest_version: key.oldest > 1 ? key.oldest : 0,
    updated_time: goTime(key.updatedAt),
    versions,
    ...(hasCas
      ? { current_metadata_version: key.metadataVersion, metadata_cas_required: key.metadataCasRequired }
      : {}),
  };
}
