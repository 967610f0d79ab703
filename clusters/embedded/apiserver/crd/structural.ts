import { type FieldError, forbidden, invalid, notSupported, required } from "../validation/field-error.ts";
import { definitionSchemas, schemasBelow } from "./definition-schemas.ts";
import { patternOf } from "./formats.ts";
import { type Definition, isObject, itemsOf, type Schema } from "./types.ts";
import { validateValue } from "./validate.ts";

type Level = "root" | "field" | "item";

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
const LIST_TYPES = ["atomic", "map", "set"];
const WITHOUT_TYPE: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  field: "must not be empty for specified object fields",
  item: "must not be empty for specified array items",
};
/** What a schema inside allOf, anyOf, oneOf or not may not say: it only narrows what stands outside. */
const OUTSIDE_ONLY = ["type", "title", "description", "default", "nullable", "additionalProperties"] as const;

/**
 * Why the schemas of a definition are not structural, or say what no schema of a definition may
 * (apiextensions-apiserver, schema/validation.go and apis/apiextensions/validation).
 */
export function structuralErrors(definition: Definition): FieldError[] {
  const errors: FieldError[] = [];
  for (const { path, schema } of definitionSchemas(definition)) visit(schema, path, "root", errors);
  return errors;
}

function visit(schema: Schema, path: string, level: Level, errors: FieldError[]): void {
  shapeErrors(schema, path, errors);
  listErrors(schema, path, errors);
  if (level === "root" || schema["x-kubernetes-embedded-resource"] === true) metadataErrors(schema, path, errors);
  const { default: value, pattern } = schema;
  if (pattern !== undefined && patternOf(pattern) === undefined)
    errors.push(invalid(`${path}.pattern`, pattern, "must be a valid regular expression, but isn't"));
  if (value !== undefined && errors.length === 0) validateValue(value, schema, `${path}.default`, false, errors);
  for (const [name, inner] of junctors(schema)) narrowingErrors(inner, schema, `${path}.${name}`, path, errors);
  for (const { schema: inner, step } of schemasBelow(schema))
    visit(inner, path + step, step === ".items" ? "item" : "field", errors);
  // A real server tells of what lies below first.
  typeErrors(schema, path, level, errors);
}

function typeErrors(schema: Schema, path: string, level: Level, errors: FieldError[]): void {
  const { items, type } = schema;
  const isOpen =
    schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (!type) {
    if (level === "root" || !isOpen) errors.push(required(`${path}.type`, WITHOUT_TYPE[level]));
  } else if (level === "root" && type !== "object")
    errors.push(invalid(`${path}.type`, type, "must be object at the root"));
  else if (!TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (type === "array" && items === undefined) errors.push(required(`${path}.items`, "must be specified"));
}

function shapeErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const { additionalProperties, items, properties, uniqueItems } = schema;
  if (schema["$ref"] !== undefined) errors.push(forbidden(`${path}.$ref`, "$ref is not supported"));
  if (uniqueItems === true)
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    );
  if (additionalProperties === false)
    errors.push(forbidden(`${path}.additionalProperties`, "additionalProperties cannot be set to false"));
  if (additionalProperties !== undefined && additionalProperties !== false && Object.keys(properties ?? {}).length > 0)
    errors.push(forbidden(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"));
  if (Array.isArray(items)) errors.push(forbidden(`${path}.items`, "items must be a schema object and not an array"));
}

function listErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (listType === undefined) {
    if (keys.length > 0)
      errors.push(required(`${path}.x-kubernetes-list-type`, "must be map if x-kubernetes-list-map-keys is non-empty"));
    return;
  }
  if (schema.type !== "array")
    errors.push(invalid(`${path}.type`, schema.type ?? "", "must be array if x-kubernetes-list-type is specified"));
  if (!LIST_TYPES.includes(listType)) errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, LIST_TYPES));
  if (listType !== "map") return;
  if (keys.length === 0)
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, "must not be empty if x-kubernetes-list-type is map"));
  const items = itemsOf(schema);
  for (const key of keys) {
    const property = items?.properties?.[key];
    if (property === undefined)
      errors.push(
        invalid(
          `${path}.x-kubernetes-list-map-keys`,
          keys,
          "entries in x-kubernetes-list-map-keys must all be names of item properties",
        ),
      );
    else if (property.default === undefined && items?.required?.includes(key) !== true)
      errors.push(
        required(
          `${path}.items.properties[${key}].default`,
          "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        ),
      );
  }
}

function metadataErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const { metadata } = schema.properties ?? {};
  if (metadata === undefined) return;
  const at = `${path}.properties[metadata]`;
  if (metadata.type !== undefined && metadata.type !== "object")
    errors.push(invalid(`${at}.type`, metadata.type, "must be object"));
  const others = Object.keys(metadata.properties ?? {}).filter((name) => name !== "name" && name !== "generateName");
  if (others.length > 0 || metadata.additionalProperties !== undefined)
    errors.push(
      forbidden(at, "must not specify anything other than name and generateName, but metadata is implicitly specified"),
    );
}

function junctors(schema: Schema): (readonly [name: string, schema: Schema])[] {
  const { allOf = [], anyOf = [], not, oneOf = [] } = schema;
  const listed = (name: string, schemas: readonly Schema[]): (readonly [string, Schema])[] =>
    schemas.map((one, index) => [`${name}[${index}]`, one] as const);
  return [
    ...listed("allOf", allOf),
    ...listed("anyOf", anyOf),
    ...listed("oneOf", oneOf),
    ...(not === undefined ? [] : ([["not", not]] as const)),
  ];
}

function narrowingErrors(
  schema: Schema,
  outside: Schema | undefined,
  path: string,
  at: string,
  errors: FieldError[],
): void {
  const isIntOrString = outside?.["x-kubernetes-int-or-string"] === true;
  for (const keyword of OUTSIDE_ONLY) {
    if (schema[keyword] === undefined || (keyword === "type" && isIntOrString)) continue;
    errors.push(forbidden(`${path}.${keyword}`, "must be empty to be structural"));
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const known = outside?.properties?.[name];
    const where = `${at}.properties[${name}]`;
    if (known === undefined && !isObject(outside?.additionalProperties))
      errors.push(required(where, `because it is defined in ${path}.properties[${name}]`));
    narrowingErrors(inner, known, `${path}.properties[${name}]`, where, errors);
  }
  const items = itemsOf(schema);
  if (items !== undefined)
    narrowingErrors(
      items,
      outside === undefined ? undefined : itemsOf(outside),
      `${path}.items`,
      `${at}.items`,
      errors,
    );
  for (const [name, inner] of junctors(schema)) narrowingErrors(inner, outside, `${path}.${name}`, at, errors);
}
