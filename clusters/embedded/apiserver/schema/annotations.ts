import { ANNOTATIONS } from "./gen/annotations.ts";
import type { OpenApiSchema } from "./property.ts";

/**
 * What OpenAPI says of a type beyond its Go struct, as JSON text: `required` where it is not simply the fields
 * without `omitempty`, `type` keywords of the type itself, `fields` keywords by field; null takes a keyword away.
 */
export type TypeAnnotations = {
  readonly required?: readonly string[];
  readonly type?: OpenApiSchema;
  readonly fields?: Readonly<Record<string, OpenApiSchema>>;
};

const NONE: TypeAnnotations = {};

export function annotationsOf(key: string): TypeAnnotations {
  const text = Object.hasOwn(ANNOTATIONS, key) ? ANNOTATIONS[key] : undefined;
  return text === undefined ? NONE : (JSON.parse(text) as TypeAnnotations);
}

/** A schema with the keywords of an annotation over it. */
export function annotated(schema: OpenApiSchema, more: OpenApiSchema | undefined): OpenApiSchema {
  if (more === undefined) return schema;
  return Object.fromEntries(Object.entries({ ...schema, ...more }).filter(([, value]) => value !== null));
}
