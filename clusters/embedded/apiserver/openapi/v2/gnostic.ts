import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { MountproofError } from "../../../../../core/index.ts";
import { isObject } from "../../crd/types.ts";
import type { Swagger } from "./swagger.ts";

/**
 * How a field travels: `s` text, `b` flag, `i` integer, `d` number, `any` a value as YAML text; `*` before it repeats
 * it, `%` makes a list of named values of an object. Anything else names a message.
 */
type Field = readonly [number: number, form: string];
type Message = Readonly<Record<string, Field>>;

const PARAMETER: Message = {
  required: [1, "b"],
  in: [2, "s"],
  description: [3, "s"],
  name: [4, "s"],
};

/** Numbers of the fields of package openapi.v2 (github.com/google/gnostic-models, openapiv2). */
const MESSAGES: Readonly<Record<string, Message>> = {
  Document: {
    swagger: [1, "s"],
    info: [2, "Info"],
    paths: [8, "Paths"],
    definitions: [9, "Definitions"],
    security: [12, "*Security"],
    securityDefinitions: [13, "SecurityDefinitions"],
  },
  Info: { title: [1, "s"], version: [2, "s"] },
  Definitions: { "": [1, "%Schema"] },
  Security: { "": [1, "%Texts"] },
  Texts: { "": [1, "*s"] },
  SecurityDefinitions: { "": [1, "%SecurityDefinition"] },
  SecurityDefinition: { "": [2, "ApiKey"] },
  ApiKey: { type: [1, "s"], name: [2, "s"], in: [3, "s"], description: [4, "s"] },
  Paths: { "": [2, "%PathItem"] },
  PathItem: {
    get: [2, "Operation"],
    put: [3, "Operation"],
    post: [4, "Operation"],
    delete: [5, "Operation"],
    patch: [8, "Operation"],
    parameters: [9, "*ParametersItem"],
    "x-": [10, "any"],
  },
  Operation: {
    tags: [1, "*s"],
    description: [3, "s"],
    operationId: [5, "s"],
    produces: [6, "*s"],
    consumes: [7, "*s"],
    parameters: [8, "*ParametersItem"],
    responses: [9, "Responses"],
    schemes: [10, "*s"],
    "x-": [13, "any"],
  },
  ParametersItem: { "": [1, "Parameter"] },
  BodyParameter: {
    description: [1, "s"],
    name: [2, "s"],
    in: [3, "s"],
    required: [4, "b"],
    schema: [5, "Schema"],
  },
  QueryParameter: { ...PARAMETER, type: [6, "s"], format: [7, "s"], uniqueItems: [20, "b"] },
  PathParameter: { ...PARAMETER, type: [5, "s"], format: [6, "s"], uniqueItems: [19, "b"] },
  Responses: { "": [1, "%ResponseValue"] },
  ResponseValue: { "": [1, "Response"] },
  Response: { description: [1, "s"], schema: [2, "SchemaItem"] },
  SchemaItem: { "": [1, "Schema"] },
  Schema: {
    $ref: [1, "s"],
    format: [2, "s"],
    title: [3, "s"],
    description: [4, "s"],
    default: [5, "any"],
    multipleOf: [6, "d"],
    maximum: [7, "d"],
    exclusiveMaximum: [8, "b"],
    minimum: [9, "d"],
    exclusiveMinimum: [10, "b"],
    maxLength: [11, "i"],
    minLength: [12, "i"],
    pattern: [13, "s"],
    maxItems: [14, "i"],
    minItems: [15, "i"],
    uniqueItems: [16, "b"],
    maxProperties: [17, "i"],
    minProperties: [18, "i"],
    required: [19, "*s"],
    enum: [20, "*any"],
    additionalProperties: [21, "AdditionalProperties"],
    type: [22, "TypeItem"],
    items: [23, "ItemsItem"],
    properties: [25, "Properties"],
    example: [30, "any"],
    "x-": [31, "any"],
  },
  TypeItem: { "": [1, "s"] },
  ItemsItem: { "": [1, "Schema"] },
  Properties: { "": [1, "%Schema"] },
};

/** The document in the protobuf form that kubectl and client-go ask for. */
export function encodeSwagger(document: Swagger): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, "Document", document);
  return writer.finish();
}

function writeMessage(writer: BinaryWriter, name: string, value: unknown): void {
  const fields = MESSAGES[name] ?? {};
  const whole = fields[""];
  if (name === "Parameter") writeParameter(writer, value);
  else if (name === "AdditionalProperties") {
    if (typeof value === "boolean") writer.tag(2, WireType.Varint).bool(value);
    else writeField(writer, [1, "Schema"], value);
  } else if (whole !== undefined) writeField(writer, whole, value);
  else writeFields(writer, name, fields, value);
}

function writeFields(writer: BinaryWriter, name: string, fields: Message, value: unknown): void {
  for (const [key, inner] of Object.entries(value as object)) {
    const field = fields[key];
    if (field !== undefined) writeField(writer, field, inner);
    else if (key.startsWith("x-") && fields["x-"] !== undefined) writeNamed(writer, fields["x-"][0], "any", key, inner);
    else throw new MountproofError("internal", { message: `a ${name} of Swagger has no "${key}" in protobuf` });
  }
}

function writeParameter(writer: BinaryWriter, value: unknown): void {
  const place = isObject(value) ? value["in"] : undefined;
  if (place === "body") {
    writeField(writer, [1, "BodyParameter"], value);
    return;
  }
  writer.tag(2, WireType.LengthDelimited).fork();
  writeField(writer, place === "path" ? [4, "PathParameter"] : [3, "QueryParameter"], value);
  writer.join();
}

function writeField(writer: BinaryWriter, [number, form]: Field, value: unknown): void {
  if (form.startsWith("*")) {
    for (const one of value as readonly unknown[]) writeField(writer, [number, form.slice(1)], one);
    return;
  }
  if (form.startsWith("%")) {
    for (const [name, one] of Object.entries(value as object)) writeNamed(writer, number, form.slice(1), name, one);
    return;
  }
  switch (form) {
    case "s":
      writer.tag(number, WireType.LengthDelimited).string(String(value));
      return;
    case "b":
      writer.tag(number, WireType.Varint).bool(value === true);
      return;
    case "i":
      writer.tag(number, WireType.Varint).int64(Number(value));
      return;
    case "d":
      writer.tag(number, WireType.Bit64).double(Number(value));
      return;
    default:
      writer.tag(number, WireType.LengthDelimited).fork();
      // JSON is YAML, too.
      if (form === "any") writer.tag(2, WireType.LengthDelimited).string(JSON.stringify(value));
      else writeMessage(writer, form, value);
      writer.join();
  }
}

/** An entry of a map: its name, then its value. */
function writeNamed(writer: BinaryWriter, number: number, form: string, name: string, value: unknown): void {
  writer.tag(number, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(name);
  writeField(writer, [2, form], value);
  writer.join();
}
