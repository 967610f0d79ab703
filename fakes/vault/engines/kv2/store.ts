import { asDoubles, goJson, type JsonObject } from "../../../../core/go/json.ts";

export type Version = {
  readonly createdAt: number;
  /** When it was or will be deleted. */
  deletedAt: number | undefined;
  isDestroyed: boolean;
  /** The data as JSON; gone once destroyed. */
  json: string | undefined;
};

/** A key's versions and what its owner set on it. Seconds and milliseconds. */
export type Key = {
  readonly versions: Map<number, Version>;
  current: number;
  oldest: number;
  createdAt: number;
  updatedAt: number;
  maxVersions: number;
  casRequired: boolean;
  metadataCasRequired: boolean;
  metadataVersion: number;
  deleteVersionAfter: number;
  customMetadata: Record<string, string> | null;
};

export type Config = {
  maxVersions: number;
  casRequired: boolean;
  metadataCasRequired: boolean;
  deleteVersionAfter: number;
};

/** Versions kept where neither key nor mount says how many. */
const DEFAULT_MAX_VERSIONS = 10;

export function newKey(now: number): Key {
  return {
    versions: new Map(),
    current: 0,
    oldest: 0,
    createdAt: now,
    updatedAt: now,
    maxVersions: 0,
    casRequired: false,
    metadataCasRequired: false,
    metadataVersion: 0,
    deleteVersionAfter: 0,
    customMetadata: null,
  };
}

/** The version that is there to be read at `now`. */
export function isReadable(version: Version, now: number): boolean {
  return !version.isDestroyed && (version.deletedAt === undefined || version.deletedAt > now);
}

/** Adds a version and drops those that are too many. */
export function addVersion(key: Key, data: JsonObject, config: Config, now: number): Version {
  const after = shorter(config.deleteVersionAfter, key.deleteVersionAfter);
  const version: Version = {
    createdAt: now,
    deletedAt: after === undefined ? undefined : now + after * 1000,
    isDestroyed: false,
    json: goJson(asDoubles(data)),
  };
  key.current++;
  key.versions.set(key.current, version);
  key.updatedAt = now;
  if (key.createdAt === 0) key.createdAt = now;
  if (key.oldest === 0) key.oldest = 1;
  const limit = Math.max(key.maxVersions, 0) || config.maxVersions || DEFAULT_MAX_VERSIONS;
  while (key.current - key.oldest >= limit) key.versions.delete(key.oldest++);
  return version;
}

/** The shorter of the mount's and the key's life of a version; a negative one of the mount's turns it off. */
function shorter(mount: number, key: number): number | undefined {
  if (mount < 0) return undefined;
  if (mount === 0) return key > 0 ? key : undefined;
  return key > 0 && key < mount ? key : mount;
}

/** JSON merge patch (RFC 7396): null removes, objects merge, all else replaces. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else if (isPlain(value)) {
      const before = merged[name];
      merged[name] = mergePatch(isPlain(before) ? before : {}, value);
    } else merged[name] = value;
  }
  return merged;
}

function isPlain(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
