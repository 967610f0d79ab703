import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { MountproofError } from "../../core/index.ts";
import { setField } from "../../core/json.ts";
import type { FieldRow, MessageTable } from "./message-table.ts";
import { formatMicroTime, formatTime } from "./time.ts";

export type JsonObject = { [field: string]: unknown };

/** Deeper than any real object; a body that nests further would exhaust the stack. */
const MAX_DEPTH = 128;

/**
 * Reads one message into the JSON object that Go would print for it: inlined messages are lifted out, a zero value
 * of a non-pointer `omitempty` field is left out (Go always writes those), a zero behind a pointer stays.
 * Unknown fields are skipped, as Go does.
 */
export function decodeMessage(table: MessageTable, key: string, bytes: Uint8Array): JsonObject {
  const into: JsonObject = {};
  try {
    readFields({ table, reader: new BinaryReader(bytes), depth: 0 }, key, bytes.byteLength, into);
  } catch (error) {
    if (error instanceof MountproofError) throw error;
    throw malformed("the protobuf body does not parse", error);
  }
  return into;
}

export function malformed(message: string, cause?: unknown): MountproofError {
  return new MountproofError("invalid_argument", { message, cause });
}

type State = { readonly table: MessageTable; readonly reader: BinaryReader; depth: number };

function readFields(state: State, key: string, end: number, into: JsonObject): void {
  const { table, reader } = state;
  if (++state.depth > MAX_DEPTH) throw malformed(`the protobuf body nests deeper than ${MAX_DEPTH} messages`);
  if (end > reader.len) throw malformed("the protobuf body ends inside a message");
  const rows = table.rows(key);
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const field = rows.byNumber.get(number);
    if (field === undefined) reader.skip(wireType, number);
    else readField(state, field, wireType, into);
  }
  if (reader.pos !== end) throw malformed("a field of the protobuf body runs past the end of its message");
  state.depth--;
}

function readField(state: State, field: FieldRow, wireType: WireType, into: JsonObject): void {
  switch (field.shape) {
    case "inline":
      expect(field, wireType, WireType.LengthDelimited);
      readFields(state, field.message, endOf(state.reader), into);
      return;
    case "list": {
      const list = listIn(into, field.json);
      // Packed: proto3's default for numbers, which Go does not write but must be read.
      if (wireType === WireType.LengthDelimited && wireTypeOf(field) === WireType.Varint) {
        for (const end = endOf(state.reader); state.reader.pos < end; )
          list.push(readValue(state, field, WireType.Varint));
        return;
      }
      list.push(readValue(state, field, wireType));
      return;
    }
    case "map":
      readEntry(state, field, wireType, into);
      return;
    case "single": {
      const value = readValue(state, field, wireType);
      if (isMeant(field, value)) into[field.json] = value;
      else delete into[field.json];
      return;
    }
  }
}

/** Whether Go's JSON would show the value: see {@link decodeMessage}. */
function isMeant(field: FieldRow, value: unknown): boolean {
  if (value === undefined) return false;
  if (field.pointer || !field.omitEmpty) return true;
  return value !== "" && value !== 0 && value !== false;
}

function listIn(into: JsonObject, name: string): unknown[] {
  const known = into[name];
  if (Array.isArray(known)) return known;
  const list: unknown[] = [];
  into[name] = list;
  return list;
}

function readEntry(state: State, field: FieldRow, wireType: WireType, into: JsonObject): void {
  const { reader } = state;
  expect(field, wireType, WireType.LengthDelimited);
  const end = endOf(reader);
  let key = "";
  let value: unknown = emptyValue(field);
  while (reader.pos < end) {
    const [number, entryType] = reader.tag();
    if (number === 1) key = reader.string();
    else if (number === 2) value = readValue(state, field, entryType);
    else reader.skip(entryType, number);
  }
  let map = into[field.json] as JsonObject | undefined;
  if (map === undefined) {
    map = {};
    into[field.json] = map;
  }
  setField(map, key, value);
}

function emptyValue(field: FieldRow): unknown {
  switch (field.kind) {
    case "string":
    case "bytes":
      return "";
    case "quantity":
      return "0";
    case "strings":
      return [];
    case "message":
      return {};
    default:
      return null;
  }
}

function readValue(state: State, field: FieldRow, wireType: WireType): unknown {
  const { reader } = state;
  expect(field, wireType, wireTypeOf(field));
  switch (field.kind) {
    case "string":
      return reader.string();
    case "int32":
      return reader.int32();
    case "int64":
      return Number(reader.int64());
    case "bool":
      return reader.bool();
    case "double":
      return reader.double();
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    case "message": {
      const message: JsonObject = {};
      readFields(state, field.message, endOf(reader), message);
      return message;
    }
    default:
      return readSpecial(state, field);
  }
}

function readSpecial(state: State, field: FieldRow): unknown {
  const { reader } = state;
  const end = endOf(reader);
  const found: { [number: number]: unknown } = {};
  const list: unknown[] = [];
  const isSchema = field.kind.startsWith("schema");
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.Varint) found[number] = Number(reader.int64());
    else if (wireType !== WireType.LengthDelimited) reader.skip(wireType, number);
    else if (isSchema && isSchemaField(field, number)) {
      const schema: JsonObject = {};
      readFields(state, field.message, endOf(reader), schema);
      found[number] = schema;
      list.push(schema);
    } else {
      found[number] = Buffer.from(reader.bytes()).toString("utf8");
      list.push(found[number]);
    }
  }
  switch (field.kind) {
    case "time":
      return formatTime(numberIn(found[1]));
    case "microTime":
      return formatMicroTime(numberIn(found[1]), numberIn(found[2]));
    case "quantity":
      return found[1] ?? "";
    case "intOrString":
      return numberIn(found[1]) === 1 ? String(found[3] ?? "") : numberIn(found[2]);
    case "raw":
      return parseRaw(found[1]);
    case "strings":
      return list;
    case "schemaOrBool":
      return found[2] ?? numberIn(found[1]) !== 0;
    case "schemaOrArray":
      return found[1] ?? list;
    default:
      return found[1] ?? list;
  }
}

/** Which of a union's two fields hold schemas (OrBool: allows=1, schema=2; OrArray: both; OrStringArray: schema=1). */
function isSchemaField(field: FieldRow, number: number): boolean {
  if (field.kind === "schemaOrBool") return number === 2;
  return field.kind === "schemaOrArray" || number === 1;
}

function numberIn(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function parseRaw(text: unknown): unknown {
  if (typeof text !== "string" || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed("a raw field of the protobuf body is not JSON", error);
  }
}

function wireTypeOf(field: FieldRow): WireType {
  switch (field.kind) {
    case "int32":
    case "int64":
    case "bool":
      return WireType.Varint;
    case "double":
      return WireType.Bit64;
    default:
      return WireType.LengthDelimited;
  }
}

function expect(field: FieldRow, got: WireType, wanted: WireType): void {
  if (got !== wanted) throw malformed(`wrong wireType = ${got} for field ${field.json || field.message}`);
}

function endOf(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw malformed("the protobuf body ends inside a message");
  return end;
}
