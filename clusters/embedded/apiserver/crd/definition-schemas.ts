import type { Definition, Schema } from "./types.ts";
import { same } from "./validate.ts";

/**
 * The schemas of a definition, each with its place as refusals name it: one that all versions share stands under
 * `spec.validation`, which is where a real server keeps it (apiextensions, v1/conversion.go).
 */
export function definitionSchemas({ spec }: Definition): readonly { readonly schema: Schema; readonly path: string }[] {
  const schemas = (spec.versions ?? []).map(({ schema }) => schema?.openAPIV3Schema);
  const [first, ...rest] = schemas;
  const isShared = rest.every((one) => same(one, first));
  return (isShared ? [first] : schemas).flatMap((schema, index) => {
    const root = isShared ? "spec.validation" : `spec.versions[${index}].schema`;
    return schema === undefined ? [] : [{ schema, path: `${root}.openAPIV3Schema` }];
  });
}

/** The schemas below one, with the step that leads there in paths of schemas. */
export function schemasBelow(schema: Schema): readonly { readonly schema: Schema; readonly step: string }[] {
  const { additionalProperties, items, properties = {} } = schema;
  return [
    ...Object.entries(properties).map(([name, inner]) => ({ schema: inner, step: `.properties[${name}]` })),
    ...(items === undefined || Array.isArray(items) ? [] : [{ schema: items as Schema, step: ".items" }]),
    ...(typeof additionalProperties === "object"
      ? [{ schema: additionalProperties, step: ".additionalProperties" }]
      : []),
  ];
}
