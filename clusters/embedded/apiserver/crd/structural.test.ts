import { expect, test } from "vitest";
import { secretsStoreDefinitions } from "./secrets-store.ts";
import { structuralErrors } from "./structural.ts";
import type { Definition, Schema } from "./types.ts";

function errorsOf(...schemas: Schema[]): string[] {
  const versions = schemas.map((openAPIV3Schema, at) => ({
    name: `v${at + 1}`,
    served: true,
    storage: at === 0,
    schema: { openAPIV3Schema },
  }));
  return structuralErrors({ spec: { versions } } as unknown as Definition).map(
    ({ detail, field, type }) => `${type} ${field}: ${detail}`,
  );
}
const withSpec = (spec: Schema): Schema => ({ type: "object", properties: { spec } });
const SPEC = "spec.validation.openAPIV3Schema.properties[spec]";

test("the driver's own definitions are structural", () => {
  for (const definition of secretsStoreDefinitions()) expect(structuralErrors(definition as Definition)).toEqual([]);
});

test.each<[string, Schema, string]>([
  [
    "a field without a type",
    { properties: { a: { type: "string" } } },
    `required ${SPEC}.type: must not be empty for specified object fields`,
  ],
  [
    "items without a type",
    { type: "array", items: {} },
    `required ${SPEC}.items.type: must not be empty for specified array items`,
  ],
  ["a list without items", { type: "array" }, `required ${SPEC}.items: must be specified`],
  [
    "an unknown type",
    { type: "text" },
    `notSupported ${SPEC}.type: supported values: "array", "boolean", "integer", "number", "object", "string"`,
  ],
  [
    "both kinds of fields",
    { type: "object", properties: { a: { type: "string" } }, additionalProperties: { type: "string" } },
    `forbidden ${SPEC}.additionalProperties: additionalProperties and properties are mutual exclusive`,
  ],
  ["a reference", { type: "object", $ref: "#/x" }, `forbidden ${SPEC}.$ref: $ref is not supported`],
  [
    "unique items",
    { type: "array", items: { type: "string" }, uniqueItems: true },
    `forbidden ${SPEC}.uniqueItems: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
  ],
  [
    "a type in a junctor",
    { type: "object", anyOf: [{ type: "object" }] },
    `forbidden ${SPEC}.anyOf[0].type: must be empty to be structural`,
  ],
  [
    "a field that only a junctor knows",
    { type: "object", oneOf: [{ properties: { a: {} } }] },
    `required ${SPEC}.properties[a]: because it is defined in ${SPEC}.oneOf[0].properties[a]`,
  ],
  [
    "a map list without keys",
    { type: "array", items: { type: "object" }, "x-kubernetes-list-type": "map" },
    `required ${SPEC}.x-kubernetes-list-map-keys: must not be empty if x-kubernetes-list-type is map`,
  ],
  [
    "a key that may be missing",
    {
      type: "array",
      items: { type: "object", properties: { k: { type: "string" } } },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
    },
    `required ${SPEC}.items.properties[k].default: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
  ],
  [
    "a default of another type",
    { type: "object", properties: { a: { type: "integer", default: "x" } } },
    `typeInvalid ${SPEC}.properties[a].default: ${SPEC}.properties[a].default in body must be of type integer: "string"`,
  ],
  [
    "a pattern that is none",
    { type: "string", pattern: "(" },
    `invalid ${SPEC}.pattern: must be a valid regular expression, but isn't`,
  ],
])("%s is refused", (_what, spec, error) => {
  expect(errorsOf(withSpec(spec))).toEqual([error]);
});

test("the root is an object, metadata is not described, and versions that differ are named apart", () => {
  expect(errorsOf({})).toEqual(["required spec.validation.openAPIV3Schema.type: must not be empty at the root"]);
  expect(
    errorsOf({
      type: "object",
      properties: { metadata: { type: "object", properties: { labels: { type: "object" } } } },
    }),
  ).toEqual([
    "forbidden spec.validation.openAPIV3Schema.properties[metadata]: must not specify anything other than name and generateName, but metadata is implicitly specified",
  ]);
  expect(errorsOf({ type: "object" }, withSpec({}))).toEqual([
    "required spec.versions[1].schema.openAPIV3Schema.properties[spec].type: must not be empty for specified object fields",
  ]);
});

test("what is open needs no type, and a junctor may narrow what is known", () => {
  expect(
    errorsOf(
      withSpec({
        type: "object",
        properties: {
          port: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
          free: { "x-kubernetes-preserve-unknown-fields": true },
          a: { type: "string" },
        },
        anyOf: [{ required: ["a"], properties: { a: { pattern: "^x" } } }],
      }),
    ),
  ).toEqual([]);
});
