/**
 * JSON as a Go program reads and writes it. Vault's bodies sort the keys of every map, escape `<`, `>` and
 * `&`, and keep the text of a number where the number itself is not computed with.
 */

export type JsonValue = null | boolean | number | string | VerbatimNumber | JsonValue[] | JsonObject;
export type JsonObject = { [key: string]: JsonValue };

/** A number whose text would change by passing through a double: `1e3`, `12345678901234567890`, `1.0`. */
export class VerbatimNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  valueOf(): number {
    return Number(this.text);
  }
}

/** Text in which a number may stand that a double would print otherwise. */
const DELICATE_NUMBER = /[:[,\s](?:-0(?!\.)|-?\d+(?:\.\d+)?[eE]|-?\d+\.\d*0\b|-?\d{16,}|-?\d+\.\d{16,})|^-?\d/;

/** Parses JSON, keeping delicate numbers as {@link VerbatimNumber}. Throws SyntaxError. */
export function parseJson(text: string): JsonValue {
  return (DELICATE_NUMBER.test(text) ? JSON.parse(text, keepNumber as Reviver) : JSON.parse(text)) as JsonValue;
}

type Reviver = (key: string, value: unknown) => unknown;

function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return context.source === String(value) ? value : new VerbatimNumber(context.source);
}

/** True for a JSON object (a Go map), false for arrays, null and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof VerbatimNumber);
}

/** A number, whichever way it was kept; undefined for anything else. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  return value instanceof VerbatimNumber ? Number(value.text) : undefined;
}

/** What Go's `encoding/json` calls a value that stands where it wants another: `cannot unmarshal bool into …`. */
export function goTokenOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value instanceof VerbatimNumber) return "number";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** Numbers as doubles, as after Go's `json.Unmarshal` into `interface{}` (KV v2 stores this way). */
export function asDoubles(value: JsonValue): JsonValue {
  if (value instanceof VerbatimNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(asDoubles);
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) copy[key] = asDoubles(entry);
  return copy;
}

const ESCAPED_BY_GO = /[<>&\u2028\u2029]/g;
const GO_ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** JSON text with `<`, `>` and `&` as Go's `encoding/json` writes them. */
export function escapedForHtml(json: string): string {
  return json.replace(ESCAPED_BY_GO, (found) => GO_ESCAPES[found] ?? found);
}

/** A string as Go's `encoding/json` writes it. */
export function goString(text: string): string {
  return escapedForHtml(JSON.stringify(text));
}

/** A value as Go's `encoding/json` writes it: sorted keys, HTML escapes, undefined members left out. */
export function goJson(value: JsonValue | undefined): string {
  switch (typeof value) {
    case "string":
      return goString(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "null";
    default:
  }
  if (value === null) return "null";
  if (value instanceof VerbatimNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(goJson).join(",")}]`;
  let text = "{";
  for (const key of Object.keys(value).sort(byBytes)) {
    const entry = value[key];
    if (entry === undefined) continue;
    text += `${text.length === 1 ? "" : ","}${goString(key)}:${goJson(entry)}`;
  }
  return `${text}}`;
}

/** Go sorts keys by their bytes; for all but astral characters that is the order of UTF-16 units. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
