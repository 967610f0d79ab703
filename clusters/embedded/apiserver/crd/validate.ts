import { type FieldError, forbidden, invalid, notSupported, required } from "../validation/field-error.ts";
import { hasFormat, patternOf } from "./formats.ts";
import { listErrors } from "./list-types.ts";
import { isObject, itemsOf, type Loose, type Schema } from "./types.ts";

/**
 * What is wrong with an object by its schema, with the causes and texts of a real server (kube-openapi's validation,
 * translated by k8s.io/apiextensions-apiserver).
 * @param old the object before an update: what it leaves as it was may stay, even where the schema came later
 */
export function validateObject(object: Loose, schema: Schema, old?: Loose): FieldError[] {
  const errors: FieldError[] = [];
  validateValue(object, schema, "", true, errors, old);
  return [...errors, ...listErrors(object, schema)];
}

/** @param isResource apiVersion, kind and metadata are looked at elsewhere */
export function validateValue(
  value: unknown,
  schema: Schema,
  path: string,
  isResource: boolean,
  errors: FieldError[],
  old?: unknown,
): void {
  if (value === null && schema.nullable) return;
  if (old !== undefined && same(old, value)) return;
  const wanted = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : schema.type ? [schema.type] : [];
  const type = typeOf(value);
  if (wanted.length > 0 && !wanted.some((name) => isA(type, name))) {
    errors.push(typeInvalid(path, type, wanted.join(",")));
    return;
  }
  if (schema.enum !== undefined && !schema.enum.some((one) => same(one, value)))
    errors.push(
      notSupported(
        path || ROOT,
        value,
        schema.enum.map((one) => (typeof one === "string" ? one : JSON.stringify(one))),
      ),
    );
  if (typeof value === "string") validateString(value, schema, path, errors);
  else if (typeof value === "number") validateNumber(value, schema, path, errors);
  else if (Array.isArray(value)) validateArray(value, schema, path, errors, old);
  else if (isObject(value)) validateFields(value, schema, path, isResource, errors, old);
  validateJunctors(value, schema, path, errors);
}

const ROOT = "<nil>";

type JsonType = "null" | "boolean" | "integer" | "number" | "string" | "array" | "object";

function typeOf(value: unknown): JsonType {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as JsonType;
}

function isA(type: JsonType, wanted: string): boolean {
  return type === wanted || (type === "integer" && wanted === "number");
}

/** `spec.num in body should be …` is how kube-openapi names the field inside its own text. */
function inBody(path: string): string {
  return path === "" ? "in body" : `${path} in body`;
}

function typeInvalid(path: string, shown: unknown, wanted: string): FieldError {
  const detail = `${inBody(path)} must be of type ${wanted}: ${JSON.stringify(shown)}`;
  return { type: "typeInvalid", field: path || ROOT, value: shown, detail };
}

function validateString(value: string, schema: Schema, path: string, errors: FieldError[]): void {
  const { format, maxLength, minLength, pattern } = schema;
  const length = [...value].length;
  // The first failure ends the check of a string, as in kube-openapi's string validator.
  if (maxLength !== undefined && length > maxLength)
    errors.push({ type: "tooLong", field: path, detail: `may not be more than ${maxLength} bytes` });
  else if (minLength !== undefined && length < minLength)
    errors.push(invalid(path, value, `${inBody(path)} should be at least ${minLength} chars long`));
  else if (pattern !== undefined && patternOf(pattern)?.test(value) === false)
    errors.push(invalid(path, value, `${inBody(path)} should match '${pattern}'`));
  if (format !== undefined && !hasFormat(value, format)) errors.push(typeInvalid(path, value, format));
}

function validateNumber(value: number, schema: Schema, path: string, errors: FieldError[]): void {
  const { exclusiveMaximum, exclusiveMinimum, format, maximum, minimum, multipleOf } = schema;
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    errors.push(invalid(path, value, `${inBody(path)} should be a multiple of ${multipleOf}`));
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    errors.push(
      invalid(path, value, `${inBody(path)} should be less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`),
    );
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    errors.push(
      invalid(
        path,
        value,
        `${inBody(path)} should be greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`,
      ),
    );
  if (format === "int32" && (value > 2 ** 31 - 1 || value < -(2 ** 31)))
    errors.push(invalid(path, value, `${inBody(path)} must be of type int32: "${value}"`));
}

function validateArray(
  value: readonly unknown[],
  schema: Schema,
  path: string,
  errors: FieldError[],
  old: unknown,
): void {
  const { maxItems, minItems } = schema;
  const items = itemsOf(schema);
  if (items !== undefined)
    for (const [index, item] of value.entries())
      validateValue(
        item,
        items,
        `${path}[${index}]`,
        items["x-kubernetes-embedded-resource"] === true,
        errors,
        counterpart(item, old, schema),
      );
  if (minItems !== undefined && value.length < minItems)
    errors.push(invalid(path, value.length, `${inBody(path)} should have at least ${minItems} items`));
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
}

function tooMany(field: string, count: number, most: number): FieldError {
  return { type: "tooMany", field, value: count, detail: `must have at most ${most} item${most === 1 ? "" : "s"}` };
}

/** The item of the old list that has the same keys; only those of a map list can be found again. */
export function counterpart(item: unknown, old: unknown, schema: Schema): unknown {
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(old) || !isObject(item)) return undefined;
  return old.find((one) => isObject(one) && keys.every((key) => one[key] === item[key]));
}

function validateFields(
  value: Loose,
  schema: Schema,
  path: string,
  isResource: boolean,
  errors: FieldError[],
  old: unknown,
): void {
  const before = isObject(old) ? old : {};
  const { additionalProperties, maxProperties, minProperties, properties = {} } = schema;
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const count = Object.keys(value).length;
  if (minProperties !== undefined && count < minProperties)
    errors.push(invalid(path, count, `${inBody(path)} should have at least ${minProperties} properties`));
  if (maxProperties !== undefined && count > maxProperties) errors.push(tooMany(path, count, maxProperties));
  for (const name of schema.required ?? []) if (!Object.hasOwn(value, name)) errors.push(required(at(name)));
  for (const [name, inner] of Object.entries(value)) {
    if (isResource && (name === "metadata" || name === "apiVersion" || name === "kind")) continue;
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined)
      validateValue(
        inner,
        known,
        at(name),
        known["x-kubernetes-embedded-resource"] === true,
        errors,
        Object.hasOwn(before, name) ? before[name] : undefined,
      );
    else if (isObject(additionalProperties))
      validateValue(
        inner,
        additionalProperties as Schema,
        at(name),
        false,
        errors,
        Object.hasOwn(before, name) ? before[name] : undefined,
      );
    // Only inside junctors: at the top, pruning has already taken these out.
    else if (additionalProperties === false)
      errors.push(forbidden(at(name), `${inBody(at(name))} is a forbidden property`));
  }
}

function validateJunctors(value: unknown, schema: Schema, path: string, errors: FieldError[]): void {
  const { allOf, anyOf, not, oneOf } = schema;
  const holds = (one: Schema): boolean => {
    const found: FieldError[] = [];
    validateValue(value, one, path, true, found);
    return found.length === 0;
  };
  const say = (what: string): void => {
    errors.push(invalid(path || ROOT, "", `"${path}" ${what}`));
  };
  if (anyOf?.length && !anyOf.some(holds)) say("must validate at least one schema (anyOf)");
  if (oneOf?.length) {
    const count = oneOf.filter(holds).length;
    if (count !== 1)
      say(
        `must validate one and only one schema (oneOf). Found ${count === 0 ? "none valid" : `${count} valid alternatives`}`,
      );
  }
  for (const one of allOf ?? []) validateValue(value, one, path, true, errors);
  if (allOf?.length && !allOf.every(holds)) say("must validate all the schemas (allOf)");
  if (not !== undefined && holds(not)) say("must not validate the schema (not)");
}

/** JSON equality. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, at) => same(one, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  );
}
