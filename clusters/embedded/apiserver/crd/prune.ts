import { isObject, itemsOf, type Loose, type Schema } from "./types.ts";

/** Fields that every object has, whatever its schema says. */
const TYPE_AND_META = new Set(["apiVersion", "kind", "metadata"]);

/**
 * Takes out, in place, what the schema does not name (k8s.io/apiextensions-apiserver, schema/pruning).
 * @returns the paths taken out, as strict field validation reports them: `spec.extra`, `spec.items[0].x`
 */
export function prune(object: Loose, schema: Schema): string[] {
  const unknown: string[] = [];
  pruneFields(object, schema, "", true, unknown);
  return unknown;
}

function pruneValue(value: unknown, schema: Schema | undefined, path: string, unknown: string[]): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    for (const [index, item] of value.entries()) pruneValue(item, items, `${path}[${index}]`, unknown);
  } else if (isObject(value))
    pruneFields(value, schema, path, schema["x-kubernetes-embedded-resource"] === true, unknown);
}

function pruneFields(object: Loose, schema: Schema, path: string, isResource: boolean, unknown: string[]): void {
  const { additionalProperties, properties = {} } = schema;
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true;
  for (const [name, value] of Object.entries(object)) {
    if (isResource && TYPE_AND_META.has(name)) continue;
    const at = path === "" ? name : `${path}.${name}`;
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) pruneValue(value, known, at, unknown);
    else if (isObject(additionalProperties)) pruneValue(value, additionalProperties as Schema, at, unknown);
    else if (additionalProperties !== true && !keepsUnknown) {
      delete object[name];
      unknown.push(at);
    }
  }
}
