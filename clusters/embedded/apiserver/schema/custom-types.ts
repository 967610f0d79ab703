import { isObject, itemsOf, type Schema } from "../crd/types.ts";
import { ANY, type FieldNode, type TypeNode } from "./type-node.ts";

/** The type of a CustomResource: its schema, with the metadata that every object has. */
export function customType(schema: Schema | undefined, meta: TypeNode): TypeNode {
  const own = schema === undefined ? { form: "struct" as const, goType: "", keepsUnknown: true } : typeOfSchema(schema);
  const text: TypeNode = { form: "scalar", scalar: "string", goType: "string" };
  const head = (
    [
      ["apiVersion", text],
      ["kind", text],
      ["metadata", meta],
    ] as const
  ).map(([name, type]): [string, FieldNode] => [name, { name, type, isPointer: false, omitsEmpty: true }]);
  return { ...own, form: "struct", fields: new Map([...(own.fields ?? []), ...head]) };
}

function typeOfSchema(schema: Schema): TypeNode {
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema["x-kubernetes-int-or-string"] === true)
    return { form: "scalar", scalar: "intOrString", goType: "intstr.IntOrString" };
  const isAtomic = schema["x-kubernetes-map-type"] === "atomic";
  switch (schema.type) {
    case "array": {
      const items = itemsOf(schema);
      const listType = schema["x-kubernetes-list-type"];
      return {
        form: "list",
        goType: "[]interface {}",
        items: items === undefined ? ANY : typeOfSchema(items),
        listType: listType === "set" || listType === "map" ? listType : "atomic",
        ...(schema["x-kubernetes-list-map-keys"] !== undefined && { listKeys: schema["x-kubernetes-list-map-keys"] }),
      };
    }
    case "object": {
      const { additionalProperties, properties } = schema;
      if (properties === undefined && !isObject(additionalProperties))
        return keepsUnknown || additionalProperties === true
          ? { ...ANY, isAtomic }
          : structOf({}, isAtomic, keepsUnknown);
      if (properties === undefined)
        return {
          form: "map",
          goType: "map[string]interface {}",
          items: typeOfSchema(additionalProperties as Schema),
          isAtomic,
        };
      return structOf(properties, isAtomic, keepsUnknown);
    }
    case "boolean":
      return { form: "scalar", scalar: "bool", goType: "bool" };
    case "integer":
      return { form: "scalar", scalar: "int64", goType: "int64" };
    case "number":
      return { form: "scalar", scalar: "double", goType: "float64" };
    case "string":
      return { form: "scalar", scalar: "string", goType: "string" };
    default:
      return ANY;
  }
}

function structOf(properties: Readonly<Record<string, Schema>>, isAtomic: boolean, keepsUnknown: boolean): TypeNode {
  const fields = Object.entries(properties).map(([name, schema]): [string, FieldNode] => [
    name,
    {
      name,
      type: typeOfSchema(schema),
      isPointer: true,
      omitsEmpty: true,
      ...(schema.default !== undefined && { default: schema.default }),
    },
  ]);
  return { form: "struct", goType: "map[string]interface {}", fields: new Map(fields), isAtomic, keepsUnknown };
}
