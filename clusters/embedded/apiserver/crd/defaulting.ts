import { copyJson } from "../../../../core/json.ts";
import { isObject, itemsOf, type Loose, type Schema } from "./types.ts";

/**
 * Fills, in place, what is missing and has a default; a null where none is allowed counts as missing
 * (k8s.io/apiextensions-apiserver, schema/defaulting). Defaults of fields below a missing object do not appear.
 */
export function applyDefaults(value: unknown, schema: Schema | undefined): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return;
    for (const [index, item] of value.entries()) {
      if (item === null && !items.nullable && items.default !== undefined) value[index] = copyJson(items.default);
      applyDefaults(value[index], items);
    }
    return;
  }
  if (!isObject(value)) return;
  const { additionalProperties, properties = {} } = schema;
  for (const [name, property] of Object.entries(properties)) {
    if (property.default === undefined) continue;
    if (!Object.hasOwn(value, name) || (value[name] === null && !property.nullable))
      value[name] = copyJson(property.default);
  }
  for (const [name, inner] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) applyDefaults(inner, known);
    else if (isObject(additionalProperties)) applyEntry(value, name, additionalProperties as Schema);
  }
}

function applyEntry(map: Loose, name: string, schema: Schema): void {
  if (map[name] === null && !schema.nullable && schema.default !== undefined) map[name] = copyJson(schema.default);
  applyDefaults(map[name], schema);
}

/** Whether any part of the schema has a default: most have none, and their objects need no walk. */
export function hasDefaults(schema: Schema | undefined): boolean {
  if (schema === undefined) return false;
  if (schema.default !== undefined) return true;
  const { additionalProperties, properties = {} } = schema;
  return (
    Object.values(properties).some(hasDefaults) ||
    hasDefaults(itemsOf(schema)) ||
    (isObject(additionalProperties) && hasDefaults(additionalProperties as Schema))
  );
}
