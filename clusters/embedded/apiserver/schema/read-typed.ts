import { goTokenOf } from "../../../../core/go/index.ts";
import { setField } from "../../../../core/json.ts";
import { isObject, type Loose } from "../crd/types.ts";
import { canonicalQuantity } from "./quantity.ts";
import type { FieldNode, Scalar, TypeNode } from "./type-node.ts";

/** A value that Go could not put into the field: the text is that of its JSON reader. */
export class UnmarshalError extends Error {
  /** The same as Go's reader of unstructured objects words it, by which strategic patches are read. */
  readonly unstructured: string;

  constructor(message: string, unstructured = message) {
    super(message);
    this.unstructured = unstructured;
  }
}

type Place = {
  /** As strict validation names a field: `spec.containers[0].image`. */
  readonly path: string;
  /** As Go's JSON errors name it: the innermost struct and the names from the top. */
  readonly struct: string;
  readonly names: string;
};

const TOP: Place = { path: "", struct: "", names: "" };

/** A field of a struct. What it is called is put together when something is wrong there, which is hardly ever. */
class FieldPlace implements Place {
  readonly #at: Place;
  readonly #name: string;
  readonly #type: TypeNode;

  constructor(at: Place, name: string, type: TypeNode) {
    this.#at = at;
    this.#name = name;
    this.#type = type;
  }

  get path(): string {
    return this.#at.path === "" ? this.#name : `${this.#at.path}.${this.#name}`;
  }

  get struct(): string {
    return this.#type.goType.slice(this.#type.goType.indexOf(".") + 1);
  }

  get names(): string {
    return this.#at.names === "" ? this.#name : `${this.#at.names}.${this.#name}`;
  }
}

/** An item of a list or map: only strict validation knows its index or key. */
class ItemPlace implements Place {
  readonly #at: Place;
  readonly #element: () => string;

  constructor(at: Place, element: () => string) {
    this.#at = at;
    this.#element = element;
  }

  get path(): string {
    return `${this.#at.path}${this.#element()}`;
  }

  get struct(): string {
    return this.#at.struct;
  }

  get names(): string {
    return this.#at.names;
  }
}

/**
 * Reads a JSON object as Go would into the struct of its kind, and gives what Go would print of it: fields that the
 * struct does not have are dropped, zero values left out or filled in as the struct's tags say, times and quantities
 * in their one form.
 * @param unknown gets the paths of what was dropped
 * @param known an object that was read before: fields that `value` has of it, the very same, are taken over as they are
 * @throws UnmarshalError for a value of a wrong type
 */
export function readTyped(value: unknown, type: TypeNode, unknown: string[] = [], known?: Loose): Loose {
  return readStruct(isObject(value) ? value : {}, type, TOP, unknown, known);
}

function readStruct(value: Loose, type: TypeNode, place: Place, unknown: string[], known?: Loose): Loose {
  const result: Loose = {};
  const { fields } = type;
  if (fields === undefined) return value;
  for (const name in value) {
    const field = fields.get(name);
    if (field === undefined) {
      unknown.push(place.path === "" ? name : `${place.path}.${name}`);
      continue;
    }
    const inner = value[name];
    if (inner === null || inner === undefined) continue;
    const before = known?.[name];
    if (typeof inner === "object" && inner === before) {
      result[name] = inner;
      continue;
    }
    const read = readValue(inner, field.type, new FieldPlace(place, name, type), unknown, before);
    if (!isOmitted(read, field)) result[name] = read;
  }
  fillZeros(result, type);
  return result;
}

function isOmitted(value: unknown, { isPointer, omitsEmpty, type }: FieldNode): boolean {
  if (value === undefined) return true;
  if (isPointer || !omitsEmpty) return false;
  if (value === "" || value === 0 || value === false)
    return type.scalar !== "quantity" && type.scalar !== "intOrString";
  if (Array.isArray(value)) return value.length === 0;
  return type.form === "map" && Object.keys(value as object).length === 0;
}

/** Structs whose zero fields Go does not print at all (`omitzero`). */
const OMIT_ZERO = new Set(["v1.ObjectMeta", "v1.ListMeta"]);

/** Zero values of what Go prints always: fields without `omitempty`, and structs with it. */
function fillZeros(result: Loose, type: TypeNode): void {
  for (const field of printedZeros(type)) {
    if (Object.hasOwn(result, field.name)) continue;
    result[field.name] = zeroOf(field);
  }
}

const printed = new WeakMap<TypeNode, readonly FieldNode[]>();

function printedZeros(type: TypeNode): readonly FieldNode[] {
  let found = printed.get(type);
  if (found === undefined) {
    const omitsZero = OMIT_ZERO.has(type.goType);
    found = [...(type.fields?.values() ?? [])].filter((field) => {
      if (!field.omitsEmpty) return true;
      if (field.isPointer || omitsZero) return false;
      const { form, scalar } = field.type;
      return (
        form === "struct" ||
        scalar === "time" ||
        scalar === "microTime" ||
        scalar === "quantity" ||
        scalar === "intOrString"
      );
    });
    printed.set(type, found);
  }
  return found;
}

function zeroOf({ isPointer, type }: FieldNode): unknown {
  if (isPointer) return null;
  if (type.form === "struct") {
    const zero: Loose = {};
    fillZeros(zero, type);
    return zero;
  }
  return type.form === "scalar" ? ZEROS[type.scalar ?? "string"] : null;
}

const ZEROS: Readonly<Record<Scalar, unknown>> = {
  string: "",
  int32: 0,
  int64: 0,
  bool: false,
  double: 0,
  bytes: null,
  time: null,
  microTime: null,
  quantity: "0",
  intOrString: 0,
};

function readValue(value: unknown, type: TypeNode, place: Place, unknown: string[], known?: unknown): unknown {
  switch (type.form) {
    case "any":
      return value;
    case "struct":
      if (!isObject(value)) throw mismatch(value, type.goType, place);
      return readStruct(value, type, place, unknown, isObject(known) ? known : undefined);
    case "map": {
      if (!isObject(value)) throw mismatch(value, type.goType, place);
      const result: Loose = {};
      for (const [key, inner] of Object.entries(value))
        setField(result, key, readItem(inner, type.items, new ItemPlace(place, () => `.${key}`), unknown));
      return result;
    }
    case "list":
      if (!Array.isArray(value)) throw mismatch(value, type.goType, place);
      return value.map((inner, index) =>
        readItem(inner, type.items, new ItemPlace(place, () => `[${index}]`), unknown),
      );
    case "scalar":
      return readScalar(value, type, place);
  }
}

function readItem(value: unknown, type: TypeNode | undefined, place: Place, unknown: string[]): unknown {
  if (type === undefined) return value;
  if (value !== null) return readValue(value, type, place, unknown);
  // A null in a list or map is a zero value there; of bytes it comes back from the store as none.
  if (type.scalar === "bytes") return "";
  return zeroOf({ name: "", type, isPointer: false, omitsEmpty: false });
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function readScalar(value: unknown, type: TypeNode, place: Place): unknown {
  const { scalar, goType } = type;
  switch (scalar) {
    case "string":
      if (typeof value !== "string") throw mismatch(value, goType, place);
      return value;
    case "bool":
      if (typeof value !== "boolean") throw mismatch(value, goType, place);
      return value;
    case "int32":
    case "int64":
      if (typeof value !== "number") throw mismatch(value, goType, place);
      if (!Number.isInteger(value) || (scalar === "int32" && (value > 2147483647 || value < -2147483648)))
        throw mismatch(value, goType, place, `number ${value}`);
      return value;
    case "double":
      if (typeof value !== "number") throw mismatch(value, goType, place);
      return value;
    case "bytes":
      if (typeof value !== "string") throw mismatch(value, goType, place);
      return readBytes(value);
    case "time":
    case "microTime":
      if (typeof value !== "string")
        throw new UnmarshalError(`json: cannot unmarshal ${goTokenOf(value)} into Go value of type string`);
      return readTime(value, scalar === "microTime");
    case "quantity":
      if (typeof value !== "string" && typeof value !== "number") throw mismatch(value, goType, place);
      return readQuantity(String(value));
    case "intOrString":
      if (typeof value !== "string" && !(typeof value === "number" && Number.isInteger(value)))
        throw mismatch(value, typeof value === "number" ? "int32" : "string", place);
      return value;
    default:
      return value;
  }
}

function readBytes(text: string): string {
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(text);
  if (bad !== null) throw illegalBase64(bad.index);
  const bare = text.replaceAll(/[\r\n]/g, "");
  if (bare.length % 4 !== 0 || /=[^=]|={3}/.test(bare))
    throw illegalBase64(Math.max(0, bare.length - (bare.length % 4)));
  return bare;
}

function illegalBase64(at: number): UnmarshalError {
  const text = `illegal base64 data at input byte ${at}`;
  return new UnmarshalError(text, `error decoding from json: ${text}`);
}

function readTime(text: string, isMicro: boolean): string | null {
  const ms = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    const layout = isMicro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
    throw new UnmarshalError(`parsing time "${text}" as "${layout}": cannot parse "${text}" as "2006"`);
  }
  const whole = new Date(ms).toISOString().slice(0, 19);
  const digits = isMicro ? `.${(/\.(\d+)/.exec(text)?.[1] ?? "").padEnd(6, "0").slice(0, 6)}` : "";
  const read = `${whole}${digits}Z`;
  // Put together from parts, a text takes up all of them for as long as it is kept.
  return read === text ? text : read;
}

function readQuantity(text: string): string {
  const canonical = canonicalQuantity(text);
  if (canonical !== undefined) return canonical;
  throw new UnmarshalError(
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  );
}

function mismatch(value: unknown, goType: string, { struct, names }: Place, token = goTokenOf(value)): UnmarshalError {
  return new UnmarshalError(
    `json: cannot unmarshal ${token} into Go struct field ${struct}.${names} of type ${goType}`,
    unstructuredMismatch(value, goType),
  );
}

/** k8s.io/apimachinery, runtime/converter.go */
function unstructuredMismatch(value: unknown, goType: string): string {
  if (typeof value === "number") return `cannot convert ${Number.isInteger(value) ? "int64" : "float64"} to ${goType}`;
  if (typeof value === "boolean") return `cannot convert bool to ${goType}`;
  if (goType.startsWith("[]")) return `cannot restore slice from ${goKind(value)}`;
  if (goType.startsWith("map[")) return `cannot restore map from ${goKind(value)}`;
  if (goType.includes(".")) return `cannot restore struct from: ${goKind(value)}`;
  return `unrecognized type: ${goType}`;
}

function goKind(value: unknown): string {
  return Array.isArray(value) ? "slice" : typeof value === "object" ? "map" : "string";
}
