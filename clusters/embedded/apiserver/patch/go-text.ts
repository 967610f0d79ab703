import type { TypeNode } from "../schema/type-node.ts";
import { isMap, type Json } from "./merge.ts";

/** A value as Go's `%+v` prints it: `map[spec:map[replicas:3]]`, keys in order. Refused patches are shown so. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, inner]) => `${key}:${goText(inner)}`).join(" ")}]`;
}

/**
 * JSON as Go writes it after a patch: the keys of an object that the patch made it take apart are sorted, another one
 * is written as it came.
 * @param read a tree of objects, which says which were taken apart
 */
export function goJsonText(value: Json, read: unknown): string {
  const innerOf = (name: string): unknown => (isMap(read) ? read[name] : undefined);
  if (Array.isArray(value)) return `[${value.map((item, at) => goJsonText(item, innerOf(String(at)))).join(",")}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const names = isMap(read) ? Object.keys(value).sort() : Object.keys(value);
  return `{${names.map((name) => `${JSON.stringify(name)}:${goJsonText(value[name] ?? null, innerOf(name))}`).join(",")}}`;
}

/**
 * A copy with the keys of each object as Go writes them: a struct's fields in their order, a map's sorted.
 * @param type undefined where there is no struct
 */
export function goOrdered(value: Json, type: TypeNode | undefined): Json {
  if (Array.isArray(value)) return value.map((item) => goOrdered(item, type?.items));
  if (!isMap(value)) return value;
  const fields = type?.form === "struct" ? type.fields : undefined;
  const known = [...(fields?.keys() ?? [])].filter((name) => Object.hasOwn(value, name));
  const others = Object.keys(value).filter((name) => fields?.has(name) !== true);
  return Object.fromEntries(
    [...known, ...others.sort()].map((name) => [
      name,
      goOrdered(value[name] ?? null, fields?.get(name)?.type ?? type?.items),
    ]),
  );
}
