import { goJson, isObject, type JsonObject, type JsonValue, numberOf, VerbatimNumber } from "../../../core/go/json.ts";
import { parseSeconds } from "../values/duration.ts";
import { refuse } from "./errors.ts";

/** Types of a path's parameters, named after Vault's own. */
export type FieldType =
  | "string"
  | "lowerString"
  | "int"
  | "bool"
  | "map"
  | "kvPairs"
  | "strings"
  | "commaStrings"
  | "seconds"
  | "any";

export type Schema = Readonly<Record<string, FieldType>>;

type Converted = string | number | boolean | string[] | JsonObject | JsonValue;

/** A request's parameters against a schema. Every value is converted once, up front, as Vault validates. */
export class Fields {
  readonly #values = new Map<string, Converted>();

  constructor(raw: JsonObject, schema: Schema) {
    for (const [name, type] of Object.entries(schema)) {
      const value = raw[name];
      if (value === undefined || value === null) continue;
      try {
        this.#values.set(name, convert(value, type));
      } catch (error) {
        throw refuse(
          `Field validation failed: error converting input for field ${JSON.stringify(name)}: ${(error as Error).message}`,
        );
      }
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  string(name: string, otherwise = ""): string {
    return (this.#values.get(name) as string | undefined) ?? otherwise;
  }

  int(name: string, otherwise = 0): number {
    return (this.#values.get(name) as number | undefined) ?? otherwise;
  }

  bool(name: string, otherwise = false): boolean {
    return (this.#values.get(name) as boolean | undefined) ?? otherwise;
  }

  list(name: string): string[] {
    return (this.#values.get(name) as string[] | undefined) ?? [];
  }

  object(name: string): JsonObject | undefined {
    return this.#values.get(name) as JsonObject | undefined;
  }

  pairs(name: string): Record<string, string> {
    return (this.#values.get(name) as Record<string, string> | undefined) ?? {};
  }

  any(name: string): JsonValue | undefined {
    return this.#values.get(name) as JsonValue | undefined;
  }
}

function convert(value: JsonValue, type: FieldType): Converted {
  switch (type) {
    case "any":
      return value;
    case "string":
      return toText(value);
    case "lowerString":
      return toText(value).trim().toLowerCase();
    case "int":
      return toInt(value);
    case "bool":
      return toBool(value);
    case "seconds":
      return parseSeconds(value);
    case "map":
      return toMap(value);
    case "kvPairs":
      return toPairs(value);
    case "strings":
      return toList(value, false);
    case "commaStrings":
      return toList(value, true);
  }
}

/** mapstructure's weak decoding: scalars become text, collections do not. */
function toText(value: JsonValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "number") return goJson(value);
  if (value instanceof VerbatimNumber) return value.text;
  throw new Error(`'' expected type 'string', got unconvertible type '${goType(value)}'`);
}

function toInt(value: JsonValue): number {
  const number = numberOf(value);
  if (number !== undefined) return Math.trunc(number);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") {
    if (value === "") return 0;
    if (/^[-+]?\d+$/.test(value)) return Number.parseInt(value, 10);
    throw new Error(`cannot parse '' as int: strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  throw new Error(`'' expected type 'int', got unconvertible type '${goType(value)}'`);
}

function toBool(value: JsonValue): boolean {
  if (typeof value === "boolean") return value;
  const number = numberOf(value);
  if (number !== undefined) return number !== 0;
  if (typeof value === "string") {
    if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
    if (/^(0|f|F|FALSE|false|False|)$/.test(value)) return false;
    throw new Error(`cannot parse '' as bool: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  throw new Error(`'' expected type 'bool', got unconvertible type '${goType(value)}'`);
}

function toMap(value: JsonValue): JsonObject {
  if (isObject(value)) return value;
  throw new Error(`'' expected a map, got '${kindOf(value)}'`);
}

function toPairs(value: JsonValue): JsonObject {
  if (isObject(value)) {
    const pairs: JsonObject = {};
    for (const [key, entry] of Object.entries(value)) pairs[key] = entry === null ? "" : toText(entry);
    return pairs;
  }
  const pairs: JsonObject = {};
  for (const entry of toList(value, true)) {
    const at = entry.indexOf("=");
    if (at < 0) throw new Error(`invalid key pair ${JSON.stringify(entry)}`);
    pairs[entry.slice(0, at)] = entry.slice(at + 1);
  }
  return pairs;
}

function toList(value: JsonValue, splitAtCommas: boolean): string[] {
  if (Array.isArray(value)) return value.map((entry) => toText(entry).trim());
  const text = toText(value);
  if (!splitAtCommas) return text === "" ? [] : [text];
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function goType(value: JsonValue): string {
  return Array.isArray(value) ? "[]interface {}" : isObject(value) ? "map[string]interface {}" : typeof value;
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return "slice";
  return typeof value === "string" ? "string" : typeof value === "boolean" ? "bool" : "float64";
}
