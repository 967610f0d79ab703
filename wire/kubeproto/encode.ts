import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { MountproofError } from "../../core/index.ts";
import type { JsonObject } from "./decode.ts";
import type { FieldRow, MessageTable } from "./message-table.ts";
import { parseTime } from "./time.ts";

/**
 * Writes one message byte for byte as Go's generated code does: fields in ascending order, non-pointer scalars and
 * messages also when zero, map entries sorted by key.
 */
export function encodeMessage(table: MessageTable, key: string, object: JsonObject): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writeFields({ table, writer }, key, object);
  return writer.finish();
}

type State = { readonly table: MessageTable; readonly writer: BinaryWriter };

function writeFields(state: State, key: string, object: JsonObject): void {
  for (const field of state.table.rows(key).inOrder) writeField(state, field, object);
}

function writeField(state: State, field: FieldRow, object: JsonObject): void {
  const { writer } = state;
  if (field.shape === "inline") {
    writer.tag(field.number, WireType.LengthDelimited).fork();
    writeFields(state, field.message, object);
    writer.join();
    return;
  }
  const value = object[field.json] ?? undefined;
  if (field.shape === "list") {
    for (const item of asList(field, value)) writeValue(state, field, field.number, item);
    return;
  }
  if (field.shape === "map") {
    const map = asObject(field, value ?? {});
    for (const key of Object.keys(map).sort()) {
      writer.tag(field.number, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string(key);
      writeValue(state, field, 2, map[key]);
      writer.join();
    }
    return;
  }
  if (value !== undefined) writeValue(state, field, field.number, value);
  else if (!field.pointer) writeZero(state, field);
}

/** A non-pointer field that JSON leaves out. Bytes alone stay away: Go writes a nil slice as nothing. */
function writeZero(state: State, field: FieldRow): void {
  const { writer } = state;
  switch (field.kind) {
    case "string":
      writer.tag(field.number, WireType.LengthDelimited).string("");
      return;
    case "int32":
    case "int64":
    case "bool":
      writer.tag(field.number, WireType.Varint).uint32(0);
      return;
    case "double":
      writer.tag(field.number, WireType.Bit64).double(0);
      return;
    case "bytes":
      return;
    case "intOrString":
      writeValue(state, field, field.number, 0);
      return;
    case "quantity":
      writeValue(state, field, field.number, "0");
      return;
    case "message":
      writeValue(state, field, field.number, {});
      return;
    default:
      writer.tag(field.number, WireType.LengthDelimited).fork().join();
  }
}

function writeValue(state: State, field: FieldRow, number: number, value: unknown): void {
  const { writer } = state;
  switch (field.kind) {
    case "string":
      writer.tag(number, WireType.LengthDelimited).string(asString(field, value));
      return;
    case "int32":
      writer.tag(number, WireType.Varint).int32(asNumber(field, value));
      return;
    case "int64":
      writer.tag(number, WireType.Varint).int64(asNumber(field, value));
      return;
    case "bool":
      if (typeof value !== "boolean") throw mismatch(field, "a boolean", value);
      writer.tag(number, WireType.Varint).bool(value);
      return;
    case "double":
      writer.tag(number, WireType.Bit64).double(asNumber(field, value));
      return;
    case "bytes":
      writer.tag(number, WireType.LengthDelimited).bytes(Buffer.from(asString(field, value), "base64"));
      return;
    default:
      writer.tag(number, WireType.LengthDelimited).fork();
      if (field.kind === "message") writeFields(state, field.message, asObject(field, value));
      else writeSpecial(state, field, value);
      writer.join();
  }
}

function writeSpecial(state: State, field: FieldRow, value: unknown): void {
  const { writer } = state;
  const text = (number: number, content: string): void => {
    writer.tag(number, WireType.LengthDelimited).string(content);
  };
  const schema = (number: number, content: unknown): void => {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeFields(state, field.message, asObject(field, content));
    writer.join();
  };
  switch (field.kind) {
    case "time":
    case "microTime": {
      const time = parseTime(asString(field, value));
      if (time === undefined) throw mismatch(field, "an RFC 3339 time", value);
      writer.tag(1, WireType.Varint).int64(time.seconds);
      // metav1.Time drops what is below a second; MicroTime what is below a microsecond.
      writer.tag(2, WireType.Varint).int32(field.kind === "time" ? 0 : Math.floor(time.nanos / 1000) * 1000);
      return;
    }
    case "quantity":
      text(1, String(value));
      return;
    case "intOrString":
      writer.tag(1, WireType.Varint).int64(typeof value === "number" ? 0 : 1);
      writer.tag(2, WireType.Varint).int32(typeof value === "number" ? value : 0);
      text(3, typeof value === "number" ? "" : asString(field, value));
      return;
    case "raw":
      text(1, JSON.stringify(value));
      return;
    case "strings":
      for (const item of asList(field, value)) text(1, asString(field, item));
      return;
    case "schemaOrBool":
      // Go sets allows beside a schema, too.
      writer.tag(1, WireType.Varint).bool(value !== false);
      if (typeof value !== "boolean") schema(2, value);
      return;
    case "schemaOrArray":
      if (Array.isArray(value)) for (const item of value) schema(2, item);
      else schema(1, value);
      return;
    default:
      if (Array.isArray(value)) for (const item of value) text(2, asString(field, item));
      else schema(1, value);
  }
}

function asString(field: FieldRow, value: unknown): string {
  if (typeof value !== "string") throw mismatch(field, "a string", value);
  return value;
}

function asNumber(field: FieldRow, value: unknown): number {
  if (typeof value !== "number") throw mismatch(field, "a number", value);
  return value;
}

function asList(field: FieldRow, value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw mismatch(field, "a list", value);
  return value;
}

function asObject(field: FieldRow, value: unknown): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw mismatch(field, "an object", value);
  return value as JsonObject;
}

function mismatch(field: FieldRow, wanted: string, got: unknown): MountproofError {
  return new MountproofError("invalid_argument", {
    message: `field "${field.json || field.message}" needs ${wanted}, not ${Array.isArray(got) ? "a list" : typeof got}`,
  });
}
