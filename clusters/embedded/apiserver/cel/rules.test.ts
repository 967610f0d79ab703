import { afterEach, beforeEach, expect, test } from "vitest";
import { Scope } from "../../../../core/index.ts";
import type { KubeClient, KubeObject } from "../../../../kube/index.ts";
import { startServerRig } from "../testing/server-rig.ts";

let scope: Scope;
let admin: KubeClient;

beforeEach(async () => {
  scope = new Scope("test");
  ({ admin } = await startServerRig(scope));
});
afterEach(() => scope[Symbol.asyncDispose]());

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const OBJECTS = "/apis/example.org/v1/namespaces/default/scales";

type Refusal = {
  code: number;
  message: string;
  details?: { causes?: { reason: string; message: string; field: string }[] };
};

async function send(method: "POST" | "PUT", path: string, body: object): Promise<KubeObject & Refusal> {
  const { body: text } = await admin.raw(method, path, { body: body as never });
  return JSON.parse(text) as KubeObject & Refusal;
}

/** A definition with this schema under `spec`. */
const define = (spec: object, more: object = {}) =>
  send("POST", DEFINITIONS, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "scales.example.org" },
    spec: {
      group: "example.org",
      scope: "Namespaced",
      names: { plural: "scales", kind: "Scale" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec }, ...more } },
        },
      ],
    },
  });
const create = (name: string, spec: object) =>
  send("POST", OBJECTS, { apiVersion: "example.org/v1", kind: "Scale", metadata: { name }, spec });
const change = async (made: KubeObject, spec: object) =>
  await send("PUT", `${OBJECTS}/${made.metadata.name}`, { ...made, spec });
const causesOf = ({ details }: Refusal): string[] =>
  (details?.causes ?? []).map(({ field, message, reason }) => `${reason} ${field}: ${message}`);

const number = { type: "integer" };
const text = { type: "string" };

test("rules are asked where they stand, and refuse in their own words", async () => {
  await define({
    type: "object",
    properties: {
      min: number,
      max: number,
      name: { ...text, "x-kubernetes-validations": [{ rule: "self.startsWith('a')" }] },
      list: {
        type: "array",
        items: { ...number, "x-kubernetes-validations": [{ rule: "self != 3", message: "no threes" }] },
      },
      map: { type: "object", additionalProperties: { ...number, "x-kubernetes-validations": [{ rule: "self > 0" }] } },
    },
    "x-kubernetes-validations": [
      { rule: "self.min <= self.max", messageExpression: "string(self.min) + ' is over ' + string(self.max)" },
      { rule: "self.max < 100", reason: "FieldValueForbidden", fieldPath: ".max", message: " too much " },
      { rule: "!has(self.list) || 6 / self.list[0] > 0", message: "division" },
    ],
  });
  expect(causesOf(await create("good", { min: 1, max: 2, name: "a", list: [1], map: { k: 1 } }))).toEqual([]);
  const refused = await create("bad", { min: 200, max: 150, name: "b", list: [0, 3], map: { k: -1 } });
  expect(refused.code).toBe(422);
  expect(causesOf(refused)).toEqual([
    'FieldValueInvalid spec: Invalid value: "object": 200 is over 150',
    "FieldValueForbidden spec.max: Forbidden: too much",
    'FieldValueInvalid spec: Invalid value: "object": division by zero evaluating rule: division',
    "FieldValueInvalid spec.name: Invalid value: \"string\": failed rule: self.startsWith('a')",
    'FieldValueInvalid spec.list[1]: Invalid value: "integer": no threes',
    'FieldValueInvalid spec.map[k]: Invalid value: "integer": failed rule: self > 0',
  ]);
});

test("rules about changes see the old value, by key in a map list, and nothing at the creation", async () => {
  await define({
    type: "object",
    properties: {
      fixed: { ...text, "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "is fixed" }] },
      once: {
        ...text,
        "x-kubernetes-validations": [
          { rule: "oldSelf.hasValue() || self == 'first'", optionalOldSelf: true, message: "begins with first" },
        ],
      },
      ports: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        items: {
          type: "object",
          required: ["name"],
          properties: {
            name: text,
            port: { ...number, "x-kubernetes-validations": [{ rule: "self >= oldSelf", message: "only grows" }] },
          },
        },
      },
    },
  });
  expect(causesOf(await create("other", { once: "second" }))).toEqual([
    'FieldValueInvalid spec.once: Invalid value: "string": begins with first',
  ]);
  const made = await create("a", { fixed: "x", once: "first", ports: [{ name: "p", port: 5 }] });
  const refused = await change(made, {
    fixed: "y",
    once: "second",
    ports: [
      { name: "q", port: 1 },
      { name: "p", port: 4 },
    ],
  });
  expect(causesOf(refused)).toEqual([
    'FieldValueInvalid spec.fixed: Invalid value: "string": is fixed',
    'FieldValueInvalid spec.ports[1].port: Invalid value: "integer": only grows',
  ]);
  expect(causesOf(await change(made, { fixed: "x", once: "second", ports: [{ name: "p", port: 6 }] }))).toEqual([]);
});

test("what an update leaves as it was may stay although a rule came later", async () => {
  const definition = await define({ type: "object", properties: { a: text, b: text } });
  const made = await create("a", { a: "old", b: "1" });
  const { spec } = JSON.parse(JSON.stringify(definition)) as { spec: { versions: { schema: object }[] } };
  for (const version of spec.versions)
    version.schema = {
      openAPIV3Schema: {
        type: "object",
        properties: {
          spec: {
            type: "object",
            properties: { a: { ...text, "x-kubernetes-validations": [{ rule: "self == 'new'" }] }, b: text },
          },
        },
      },
    };
  const current = JSON.parse((await admin.raw("GET", `${DEFINITIONS}/scales.example.org`)).body) as KubeObject;
  await send("PUT", `${DEFINITIONS}/scales.example.org`, { ...current, spec });
  expect(causesOf(await change(made, { a: "old", b: "2" }))).toEqual([]);
  expect(causesOf(await create("b", { a: "old", b: "2" }))).toHaveLength(1);
});

test("rules are not asked of an object whose fields are of wrong types", async () => {
  await define({ type: "object", properties: { a: number }, "x-kubernetes-validations": [{ rule: "self.a > 0" }] });
  expect(causesOf(await create("a", { a: "x" }))).toEqual([
    'FieldValueTypeInvalid spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"',
    "FieldValueInvalid <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
  ]);
});

test("a definition whose rules do not compile, or mean nothing, is refused", async () => {
  const refused = await define({
    type: "object",
    properties: {
      a: number,
      list: {
        type: "array",
        items: { ...number, "x-kubernetes-validations": [{ rule: "self > oldSelf" }] },
      },
    },
    "x-kubernetes-validations": [
      { rule: "self.b > 0" },
      { rule: "self.a" },
      { rule: " " },
      { rule: "self.a > 0", message: "two\nlines" },
      { rule: "self.a > 0", messageExpression: "self.a" },
      { rule: "self.a > 0", reason: "Because" },
      { rule: "self.a > 0", fieldPath: ".z" },
    ],
  });
  const root = "spec.validation.openAPIV3Schema.properties[spec]";
  const shown = (rule: string): string =>
    `{"Rule":"${rule}","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}`;
  expect(refused.code).toBe(422);
  expect(causesOf(refused)).toEqual([
    `FieldValueInvalid ${root}.x-kubernetes-validations[0].rule: Invalid value: ${shown("self.b > 0")}: compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b > 0\n | ....^`,
    `FieldValueInvalid ${root}.x-kubernetes-validations[1].rule: Invalid value: ${shown("self.a")}: cel expression must evaluate to a bool`,
    `FieldValueRequired ${root}.x-kubernetes-validations[2].rule: Required value: rule is not specified`,
    `FieldValueInvalid ${root}.x-kubernetes-validations[3].message: Invalid value: "two\\nlines": message must not contain line breaks`,
    `FieldValueInvalid ${root}.x-kubernetes-validations[4].messageExpression: Invalid value: ${shown("self.a > 0").replace('"MessageExpression":""', '"MessageExpression":"self.a"')}: messageExpression must evaluate to a string`,
    `FieldValueNotSupported ${root}.x-kubernetes-validations[5].reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
    `FieldValueInvalid ${root}.x-kubernetes-validations[6].fieldPath: Invalid value: ".z": must be a valid path`,
    `FieldValueInvalid ${root}.properties[list].items.x-kubernetes-validations[0].rule: Invalid value: "self > oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${root}.properties[list]`,
  ]);
});

test("a rule of the whole object reads its name, and one that would take for ever is ended", async () => {
  const big = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
  const loop = (names: readonly string[]): string =>
    names.reduceRight(
      (inner, name) => `${big}.all(${name}, ${inner})`,
      names.map((name) => `${name} > 0`).join(" && "),
    );
  await define(
    { type: "object", properties: { a: number } },
    {
      "x-kubernetes-validations": [
        { rule: "self.metadata.name != 'bad'" },
        { rule: `self.metadata.name != 'slow' || ${loop(["a", "b", "c", "d", "e", "f"])}` },
      ],
    },
  );
  expect(causesOf(await create("bad", { a: 1 }))).toEqual([
    "FieldValueInvalid <nil>: Invalid value: \"object\": failed rule: self.metadata.name != 'bad'",
  ]);
  expect((await create("slow", { a: 1 })).message).toContain("call cost exceeds limit for rule");
});
