import { isObject, type Loose } from "../../crd/types.ts";
import type { OpenApiSchema } from "../../schema/property.ts";

/** One OpenAPI v3 document, as `documents.ts` makes them. */
export type GroupDocument = {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Loose>>;
  readonly components: { readonly schemas: Readonly<Record<string, OpenApiSchema>> };
};

/** Swagger 2.0, as far as Kubernetes uses it. */
export type Swagger = {
  readonly swagger: "2.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Loose>>;
  readonly definitions: Readonly<Record<string, OpenApiSchema>>;
  readonly securityDefinitions: Readonly<Record<string, Loose>>;
  readonly security: readonly Loose[];
};

const V3_PREFIX = "#/components/schemas/";
const V2_PREFIX = "#/definitions/";

/** The two types that v3 describes as unions and v2 as strings (k8s.io/apimachinery, OpenAPISchemaType). */
const STRINGS: Readonly<Record<string, OpenApiSchema>> = {
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { format: "int-or-string", type: "string" },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: "string" },
};

/**
 * One Swagger document of all groups, made from their OpenAPI v3 documents.
 * @param isCustom tells the schemas of CustomResources, which lose more on the way
 */
export function swaggerOf(documents: readonly GroupDocument[], isCustom: (name: string) => boolean): Swagger {
  const paths: Record<string, Loose> = {};
  const definitions: Record<string, OpenApiSchema> = {};
  for (const { components, paths: own } of documents) {
    for (const [path, item] of Object.entries(own)) paths[path] = pathItem(path, item);
    for (const [name, schema] of Object.entries(components.schemas))
      definitions[name] ??= definition(name, schema, isCustom(name));
  }
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: documents[0]?.info.version ?? "" },
    paths: inOrder(paths),
    definitions: inOrder(definitions),
    securityDefinitions: {
      BearerToken: { description: "Bearer Token authentication", type: "apiKey", name: "authorization", in: "header" },
    },
    security: [{ BearerToken: [] }],
  };
}

function inOrder<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function definition(name: string, schema: OpenApiSchema, isCustom: boolean): OpenApiSchema {
  const { description } = schema;
  const text = STRINGS[name];
  if (text !== undefined) return description === undefined ? text : { description, ...text };
  return schemaOf(schema, isCustom);
}

/**
 * A schema as Swagger has it: references stand bare, defaults are left out, and of a CustomResource's what a reader of
 * v2 would trip over (k8s.io/apiextensions-apiserver, controller/openapi/v2/conversion.go).
 */
function schemaOf(schema: OpenApiSchema, isCustom: boolean): OpenApiSchema {
  const [only] = Array.isArray(schema["allOf"]) ? (schema["allOf"] as OpenApiSchema[]) : [];
  if (typeof only?.["$ref"] === "string") {
    const { description } = schema;
    return { ...(description !== undefined && { description }), $ref: referenceOf(only["$ref"]) };
  }
  const result: Loose = {};
  for (const [keyword, value] of Object.entries(isCustom ? withoutUnions(schema) : schema))
    switch (keyword) {
      case "default":
        break;
      case "$ref":
        result[keyword] = referenceOf(String(value));
        break;
      case "properties":
        result[keyword] = Object.fromEntries(
          Object.entries(value as Loose).map(([name, one]) => [name, schemaOf(one as OpenApiSchema, isCustom)]),
        );
        break;
      case "items":
      case "additionalProperties":
        result[keyword] = isObject(value) ? schemaOf(value, isCustom) : value;
        break;
      default:
        result[keyword] = value;
    }
  return result;
}

const UNIONS = new Set(["allOf", "anyOf", "oneOf", "not"]);
const CONTENTS = new Set(["items", "properties", "additionalProperties"]);

function withoutUnions(schema: OpenApiSchema): OpenApiSchema {
  const isNullable = schema["nullable"] === true;
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const isRequired = (name: unknown): boolean => {
    const property = properties[String(name)];
    return !(isObject(property) && property["nullable"] === true);
  };
  const kept = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (UNIONS.has(keyword) || keyword === "nullable") return [];
    if (isNullable && (keyword === "type" || CONTENTS.has(keyword))) return [];
    if (keepsUnknown && CONTENTS.has(keyword)) return [];
    if (keyword !== "required" || !Array.isArray(value)) return [[keyword, value]];
    const required = value.filter(isRequired);
    return required.length === 0 ? [] : [[keyword, required]];
  });
  return Object.fromEntries(kept);
}

function referenceOf(ref: string): string {
  return ref.startsWith(V3_PREFIX) ? V2_PREFIX + ref.slice(V3_PREFIX.length) : ref;
}

type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly OpenApiSchema[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>>; readonly required?: boolean };
  readonly responses: Readonly<Record<string, { description: string; content?: Readonly<Record<string, Content>> }>>;
  readonly [extension: `x-${string}`]: unknown;
};
type Content = { readonly schema: OpenApiSchema };

function pathItem(path: string, item: Loose): Loose {
  const tag = tagOf(path);
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      name === "parameters"
        ? (value as OpenApiSchema[]).map(parameterOf)
        : operationOf(value as unknown as Operation, tag),
    ]),
  );
}

/** `/apis/apps/v1/…` → `apps_v1`, `/api/v1/…` → `core_v1`. */
function tagOf(path: string): string {
  const [, root, first = "", second = ""] = path.split("/");
  if (root === "api") return `core_${first}`;
  const group = first.replace(/\.k8s\.io$/, "").replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase());
  return `${group}_${second}`;
}

function operationOf(operation: Operation, tag: string): Loose {
  const { operationId, parameters = [], requestBody, responses, ...extensions } = operation;
  const body = Object.entries(requestBody?.content ?? {});
  const [answer] = Object.values(responses);
  return {
    ...extensions,
    consumes: body.length === 0 ? ["*/*"] : body.map(([type]) => type),
    produces: Object.keys(answer?.content ?? {}),
    schemes: ["https"],
    tags: [tag],
    operationId,
    parameters: [
      ...body.slice(0, 1).map(([, { schema }]) => ({
        name: "body",
        in: "body",
        ...(requestBody?.required === true && { required: true }),
        schema: schemaOf(schema, false),
      })),
      ...parameters.map(parameterOf),
    ],
    responses: Object.fromEntries(
      Object.entries(responses).map(([code, { content = {}, description }]) => {
        const [schema] = Object.values(content);
        return [code, { description, ...(schema !== undefined && { schema: schemaOf(schema.schema, false) }) }];
      }),
    ),
  };
}

/** In v2 a parameter is its schema. */
function parameterOf({ schema, ...parameter }: OpenApiSchema): OpenApiSchema {
  return { ...(schema as OpenApiSchema), ...parameter };
}
