import { goJson, isObject, type JsonObject, type JsonValue, numberOf } from "../../../../core/go/json.ts";
import type { EngineContext } from "../../core/engines.ts";
import type { PathSpec } from "../../framework/backend.ts";
import { bare, refuse } from "../../framework/errors.ts";
import type { Call, Result } from "../../framework/request.ts";
import { goTime } from "../../values/duration.ts";
import { addVersion, type Config, isReadable, type Key, mergePatch, newKey, type Version } from "./store.ts";

export type Kv2 = { readonly keys: Map<string, Key>; readonly config: Config; readonly context: EngineContext };

/** `data/…`: read, write, patch and delete a secret. */
export function dataPath(kv: Kv2): PathSpec {
  return {
    pattern: /^data\/(?<path>.*)$/s,
    fields: { version: "int", options: "map", data: "map" },
    exists: (call) => kv.keys.has(call.fields.string("path")),
    operations: {
      read: (call) => read(kv, call),
      update: (call) => write(kv, call),
      patch: (call) => patch(kv, call),
      delete: (call) => {
        const key = kv.keys.get(call.fields.string("path"));
        const latest = key?.versions.get(key.current);
        const now = kv.context.clock.now();
        if (key !== undefined && latest !== undefined && isReadable(latest, now)) {
          latest.deletedAt = now;
          key.updatedAt = now;
        }
        return undefined;
      },
    },
  };
}

function read(kv: Kv2, call: Call): Result {
  const key = kv.keys.get(call.fields.string("path"));
  const number = call.fields.int("version") > 0 ? call.fields.int("version") : (key?.current ?? 0);
  const version = key?.versions.get(number);
  if (key === undefined || version === undefined) return undefined;
  const metadata = versionJson(key, number, version);
  if (!isReadable(version, kv.context.clock.now()))
    return { dataJson: `{"data":null,"metadata":${metadata}}`, status: 404 };
  return { dataJson: `{"data":${version.json ?? "null"},"metadata":${metadata}}` };
}

function write(kv: Kv2, call: Call): Result {
  const path = call.fields.string("path");
  if (path === "") throw refuse("missing path");
  const data = call.fields.object("data");
  if (data === undefined) throw refuse("no data provided");
  const now = kv.context.clock.now();
  const key = kv.keys.get(path) ?? newKey(now);
  checkAndSet(kv, key, call);
  kv.keys.set(path, key);
  const version = addVersion(key, data, kv.config, now);
  return { dataJson: versionJson(key, key.current, version) };
}

function patch(kv: Kv2, call: Call): Result {
  const data = call.fields.object("data");
  if (data === undefined) throw refuse("no data provided");
  const key = kv.keys.get(call.fields.string("path"));
  if (key === undefined) throw bare(404);
  checkAndSet(kv, key, call);
  const latest = key.versions.get(key.current);
  if (latest === undefined) throw bare(404);
  const now = kv.context.clock.now();
  if (!isReadable(latest, now)) return { dataJson: versionJson(key, key.current, latest), status: 404 };
  const merged = mergePatch(JSON.parse(latest.json ?? "{}") as JsonObject, data);
  const version = addVersion(key, merged, kv.config, now);
  return { dataJson: versionJson(key, key.current, version) };
}

/** `options.cas`: must be the current version; 0 means that there is none yet. */
function checkAndSet(kv: Kv2, key: Key, call: Call): void {
  const cas = call.fields.object("options")?.["cas"];
  if (cas === undefined) {
    if (kv.config.casRequired || key.casRequired) throw refuse("check-and-set parameter required for this call");
    return;
  }
  if (casNumber(cas) !== key.current) throw refuse("check-and-set parameter did not match the current version");
}

function casNumber(cas: JsonValue): number {
  const number = numberOf(cas) ?? (typeof cas === "string" && /^\d*$/.test(cas) ? Number(cas) : undefined);
  if (number === undefined) throw refuse("error parsing check-and-set parameter");
  return number;
}

/** A version's metadata, keys sorted. */
export function versionJson(key: Key, number: number, version: Version): string {
  const deleted = version.deletedAt === undefined ? "" : goTime(version.deletedAt);
  return (
    `{"created_time":"${goTime(version.createdAt)}","custom_metadata":${goJson(key.customMetadata)},` +
    `"deletion_time":"${deleted}","destroyed":${version.isDestroyed},"version":${number}}`
  );
}

/** `subkeys/…`: the structure of a secret with null in place of every value. */
export function subkeysPath(kv: Kv2): PathSpec {
  return {
    pattern: /^subkeys\/(?<path>.*)$/s,
    fields: { version: "int", depth: "int" },
    operations: {
      read: (call) => {
        const key = kv.keys.get(call.fields.string("path"));
        const number = call.fields.int("version") > 0 ? call.fields.int("version") : (key?.current ?? 0);
        const version = key?.versions.get(number);
        if (key === undefined || version === undefined) return undefined;
        const metadata = versionJson(key, number, version);
        if (!isReadable(version, kv.context.clock.now()))
          return { dataJson: `{"metadata":${metadata},"subkeys":null}`, status: 404 };
        const outline = outlineOf(JSON.parse(version.json ?? "{}") as JsonObject, call.fields.int("depth"), 1);
        return { dataJson: `{"metadata":${metadata},"subkeys":${goJson(outline)}}` };
      },
    },
  };
}

function outlineOf(data: JsonObject, depth: number, level: number): JsonObject {
  const outline: JsonObject = {};
  for (const [name, value] of Object.entries(data))
    outline[name] =
      isObject(value) && Object.keys(value).length > 0 && (depth === 0 || level < depth)
        ? outlineOf(value, depth, level + 1)
        : null;
  return outline;
}
