import { duplicate, type FieldError } from "../validation/field-error.ts";
import { isObject, itemsOf, type Loose, type Schema } from "./types.ts";

/** Values that a `set` or a `map` list holds twice (k8s.io/apiextensions-apiserver, schema/listtype). */
export function listErrors(object: Loose, schema: Schema): FieldError[] {
  const errors: FieldError[] = [];
  visit(object, schema, "", errors);
  return errors;
}

function visit(value: unknown, schema: Schema | undefined, path: string, errors: FieldError[]): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    const seen = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const identity = identityOf(item, schema);
      if (identity === undefined) continue;
      const key = JSON.stringify(identity);
      const times = seen.get(key) ?? 0;
      // What is there three times is told once.
      if (times === 1) errors.push(duplicate(`${path}[${index}]`, identity));
      seen.set(key, times + 1);
    }
    const items = itemsOf(schema);
    for (const [index, item] of value.entries()) visit(item, items, `${path}[${index}]`, errors);
  } else if (isObject(value)) {
    const { additionalProperties, properties = {} } = schema;
    for (const [name, inner] of Object.entries(value)) {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const other = isObject(additionalProperties) ? (additionalProperties as Schema) : undefined;
      visit(inner, known ?? other, path === "" ? name : `${path}.${name}`, errors);
    }
  }
}

/** What must be unique of an item; undefined where nothing must. */
function identityOf(item: unknown, schema: Schema): unknown {
  if (schema["x-kubernetes-list-type"] === "set") return item;
  if (schema["x-kubernetes-list-type"] !== "map" || !isObject(item)) return undefined;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const items = itemsOf(schema);
  const identity: Loose = {};
  for (const key of [...keys].sort()) {
    const value = item[key] ?? items?.properties?.[key]?.default;
    // Without its keys an item is reported as such, and compared with none.
    if (value === undefined) return undefined;
    identity[key] = value;
  }
  return identity;
}
