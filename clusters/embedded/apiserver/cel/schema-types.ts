import { isObject, itemsOf, type Schema } from "../crd/types.ts";
import { readDuration, readTimestamp } from "./functions/time.ts";
import { BOOL, type CelType, DYN, INT, STRING } from "./types.ts";
import { type CelValue, isEqual } from "./values.ts";

/** Words of the language; a field of such a name is written between underscores. */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** The name by which expressions know a field; undefined for one that no expression can name (apiserver, cel/escaping.go). */
export function escaped(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  if (!/^[a-zA-Z_][a-zA-Z0-9_.\-/]*$/.test(name)) return undefined;
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}

const TEXT_FORMATS: Readonly<Record<string, CelType>> = {
  byte: { name: "bytes" },
  date: { name: "timestamp" },
  "date-time": { name: "timestamp" },
  duration: { name: "duration" },
};

const META: CelType = {
  name: "object",
  fields: new Map([
    ["name", STRING],
    ["generateName", STRING],
  ]),
};

/**
 * The type of a schema's values; undefined for values that expressions can't reach
 * (k8s.io/apiserver, cel/common/schemas.go).
 * @param isResource whether apiVersion, kind and metadata's names can be read although the schema does not name them
 */
export function celTypeOf(schema: Schema, isResource: boolean): CelType | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) return DYN;
  switch (schema.type) {
    case "array": {
      const items = itemsOf(schema);
      const item = items === undefined ? undefined : celTypeOf(items, isEmbedded(items));
      return item === undefined ? undefined : { name: "list", item };
    }
    case "object": {
      const { additionalProperties, properties = {} } = schema;
      if (isObject(additionalProperties)) {
        const inner = additionalProperties as Schema;
        const value = celTypeOf(inner, isEmbedded(inner));
        return value === undefined ? undefined : { name: "map", key: STRING, value };
      }
      const fields = new Map<string, CelType>();
      for (const [name, property] of Object.entries(properties)) {
        const type = celTypeOf(property, isEmbedded(property));
        const known = escaped(name);
        if (type !== undefined && known !== undefined) fields.set(known, type);
      }
      if (isResource) for (const [name, type] of HEAD) fields.set(name, type);
      return { name: "object", fields };
    }
    case "boolean":
      return BOOL;
    case "integer":
      return INT;
    case "number":
      return { name: "double" };
    case "string":
      return TEXT_FORMATS[schema.format ?? ""] ?? STRING;
    default:
      return undefined;
  }
}

const HEAD: readonly (readonly [string, CelType])[] = [
  ["apiVersion", STRING],
  ["kind", STRING],
  ["metadata", META],
];

export function isEmbedded(schema: Schema): boolean {
  return schema["x-kubernetes-embedded-resource"] === true;
}

/** A JSON value as expressions see it. Values are of their schema: they were validated before. */
export function celValueOf(value: unknown, schema: Schema, isResource: boolean): CelValue {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) {
    const items = itemsOf(schema) ?? {};
    const list = value.map((item) => celValueOf(item, items, isEmbedded(items)));
    return inOneOrder(list, schema);
  }
  if (isObject(value)) return mapOf(value, schema, isResource);
  if (typeof value === "number") return schema.type === "number" || !Number.isInteger(value) ? value : BigInt(value);
  if (typeof value !== "string") return value as boolean;
  switch (schema.type === "string" ? schema.format : undefined) {
    case "byte":
      return Buffer.from(value, "base64");
    case "date":
      return readTimestamp(`${value}T00:00:00Z`);
    case "date-time":
      return readTimestamp(value);
    case "duration":
      return readDuration(value);
    default:
      return value;
  }
}

function mapOf(value: Record<string, unknown>, schema: Schema, isResource: boolean): CelValue {
  const { additionalProperties, properties = {} } = schema;
  const map = new Map<CelValue, CelValue>();
  if (isObject(additionalProperties)) {
    const inner = additionalProperties as Schema;
    for (const [key, one] of Object.entries(value)) map.set(key, celValueOf(one, inner, isEmbedded(inner)));
    return map;
  }
  for (const [name, one] of Object.entries(value)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const known = escaped(name);
    if (known !== undefined && isResource && (name === "apiVersion" || name === "kind")) map.set(known, one as string);
    else if (known !== undefined && isResource && name === "metadata") map.set(known, metadataOf(one));
    else if (known !== undefined && property !== undefined)
      map.set(known, celValueOf(one, property, isEmbedded(property)));
  }
  return map;
}

function metadataOf(value: unknown): CelValue {
  const { generateName, name } = isObject(value) ? value : {};
  const map = new Map<CelValue, CelValue>();
  if (typeof name === "string") map.set("name", name);
  if (typeof generateName === "string") map.set("generateName", generateName);
  return map;
}

/** Sets and map lists are equal in any order, so they are always seen in the same one. */
function inOneOrder(list: readonly CelValue[], schema: Schema): readonly CelValue[] {
  const listType = schema["x-kubernetes-list-type"];
  if (listType !== "set" && listType !== "map") return list;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const identity = (item: CelValue): string =>
    listType === "set" ? String(item) : keys.map((key) => String(fieldOf(item, key))).join("\u0000");
  return [...list].sort((a, b) => (isEqual(a, b) ? 0 : identity(a) < identity(b) ? -1 : 1));
}

function fieldOf(item: CelValue, key: string): CelValue | undefined {
  return item instanceof Map ? item.get(escaped(key) ?? key) : undefined;
}
