import type { FieldRow } from "../../../../wire/kubeproto/index.ts";

/** A schema as OpenAPI v3 documents hold it. */
export type OpenApiSchema = { readonly [keyword: string]: unknown };

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";
const PREFIX = "#/components/schemas/";

/** Types with an encoding of their own: they are named, and have no fields. */
export const NAMED_SCHEMAS: Readonly<Record<string, OpenApiSchema>> = {
  [`${META}.Time`]: { format: "date-time", type: "string" },
  [`${META}.MicroTime`]: { format: "date-time", type: "string" },
  [`${META}.FieldsV1`]: { type: "object" },
  [`${META}.Patch`]: { type: "object" },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
    format: "int-or-string",
    oneOf: [{ type: "integer" }, { type: "string" }],
  },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { oneOf: [{ type: "string" }, { type: "number" }] },
  "io.k8s.apimachinery.pkg.runtime.RawExtension": { type: "object" },
  [`${EXTENSIONS}.CustomResourceSubresourceStatus`]: { type: "object" },
  [`${EXTENSIONS}.JSON`]: {},
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`]: {},
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`]: {},
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`]: {},
};

/** `core/v1.PodSpec` → `io.k8s.api.core.v1.PodSpec`: the name of a Go type in OpenAPI documents. */
export function openApiName(key: string): string {
  if (key === "apiextensions.k8s.io/v1.Empty") return `${EXTENSIONS}.CustomResourceSubresourceStatus`;
  const dot = key.lastIndexOf(".");
  const [group = "", version = ""] = key.slice(0, dot).split("/");
  const type = key.slice(dot + 1);
  if (group === "meta") return `${META}.${type}`;
  if (group === "apiextensions.k8s.io") return `${EXTENSIONS}.${type}`;
  return `io.k8s.api.${group.split(".")[0]}.${version}.${type}`;
}

export function reference(name: string): OpenApiSchema {
  return { allOf: [{ $ref: `${PREFIX}${name}` }] };
}

/** Every name that a schema refers to. */
export function referencesIn(schema: unknown, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(schema)) for (const one of schema) referencesIn(one, found);
  else if (typeof schema === "object" && schema !== null)
    for (const [keyword, value] of Object.entries(schema))
      if (keyword === "$ref" && typeof value === "string") found.add(value.slice(PREFIX.length));
      else referencesIn(value, found);
  return found;
}

/** What the Go type of a field alone says of its schema; the rest stands in the annotations. */
export function propertyOf(field: FieldRow): OpenApiSchema {
  const value = valueSchema(field);
  if (field.shape === "list") return { type: "array", items: value };
  if (field.shape === "map") return { type: "object", additionalProperties: value };
  const { default: zero, ...rest } = value;
  const showsZero = !field.pointer && (!field.omitEmpty || "allOf" in value);
  return showsZero && zero !== undefined ? value : rest;
}

function valueSchema({ kind, message, json }: FieldRow): OpenApiSchema {
  switch (kind) {
    case "string":
      return { type: "string", default: "" };
    case "int32":
    case "int64":
      return { type: "integer", format: kind, default: 0 };
    case "bool":
      return { type: "boolean", default: false };
    case "double":
      return { type: "number", format: "double", default: 0 };
    case "bytes":
      return { type: "string", format: "byte" };
    case "strings":
      return { type: "array", items: { type: "string", default: "" } };
    case "time":
      return reference(`${META}.Time`);
    case "microTime":
      return reference(`${META}.MicroTime`);
    case "intOrString":
      return reference("io.k8s.apimachinery.pkg.util.intstr.IntOrString");
    case "quantity":
      return reference("io.k8s.apimachinery.pkg.api.resource.Quantity");
    case "raw":
      return reference(json === "fieldsV1" ? `${META}.FieldsV1` : "io.k8s.apimachinery.pkg.runtime.RawExtension");
    case "schemaOrBool":
      return reference(`${EXTENSIONS}.JSONSchemaPropsOrBool`);
    case "schemaOrArray":
      return reference(`${EXTENSIONS}.JSONSchemaPropsOrArray`);
    case "schemaOrStrings":
      return reference(`${EXTENSIONS}.JSONSchemaPropsOrStringArray`);
    case "message":
      return message.endsWith(".Empty")
        ? reference(openApiName(message))
        : { ...reference(openApiName(message)), default: {} };
  }
}
