import { MountproofError } from "../../core/index.ts";

/**
 * How one value travels. Beside the protobuf scalars these are the types of Kubernetes that have an encoding of
 * their own (generated.proto of k8s.io/apimachinery and k8s.io/apiextensions-apiserver).
 */
export type ValueKind =
  | "string"
  | "int32"
  | "int64"
  | "bool"
  | "bytes"
  | "double"
  | "time"
  | "microTime"
  | "intOrString"
  | "quantity"
  /** A message whose field 1 holds JSON text: RawExtension, FieldsV1, apiextensions' JSON. */
  | "raw"
  /** A message whose field 1 repeats strings: ExtraValue, Verbs. */
  | "strings"
  | "schemaOrBool"
  | "schemaOrArray"
  | "schemaOrStrings"
  | "message";

export type FieldRow = {
  /** Name in JSON; empty for a message whose fields JSON lifts into the outer object. */
  readonly json: string;
  readonly number: number;
  readonly kind: ValueKind;
  /** A Go pointer: a zero that was sent is meant, absence is not a zero. */
  readonly pointer: boolean;
  /** JSON leaves the zero value out. */
  readonly omitEmpty: boolean;
  readonly shape: "single" | "list" | "map" | "inline";
  /** Key of the message, for `message` and the schema unions. */
  readonly message: string;
};

export type MessageRows = {
  readonly key: string;
  readonly byNumber: ReadonlyMap<number, FieldRow>;
  readonly inOrder: readonly FieldRow[];
};

const KINDS: Readonly<Record<string, ValueKind>> = {
  s: "string",
  i: "int32",
  l: "int64",
  b: "bool",
  y: "bytes",
  d: "double",
  T: "time",
  U: "microTime",
  I: "intOrString",
  Q: "quantity",
  R: "raw",
  X: "strings",
  B: "schemaOrBool",
  A: "schemaOrArray",
  P: "schemaOrStrings",
  "@": "message",
};

const SCHEMA = "apiextensions.k8s.io/v1.JSONSchemaProps";

/**
 * The generated table, read message by message as they are needed.
 *
 * A line is `name number word` joined by `;`. A word is flags (`*` pointer, `?` omitempty, `.` inline), a shape
 * (`[]`, `{}`) and a letter of {@link KINDS}; `@` is followed by the message, with its group when that differs.
 */
export class MessageTable {
  readonly #lines: Readonly<Record<string, string>>;
  readonly #read = new Map<string, MessageRows>();

  constructor(lines: Readonly<Record<string, string>>) {
    this.#lines = lines;
  }

  /** The message a kind is sent as, or undefined when the table has none. */
  keyOf(apiVersion: string, kind: string): string | undefined {
    // Every group registers these two under its own version (metav1.AddToGroupVersion).
    if (kind === "DeleteOptions" || kind === "Status") return `meta/v1.${kind}`;
    const key = `${apiVersion === "v1" ? "core/v1" : apiVersion}.${kind}`;
    return Object.hasOwn(this.#lines, key) ? key : undefined;
  }

  /** Every message of the table. */
  keys(): string[] {
    return Object.keys(this.#lines);
  }

  rows(key: string): MessageRows {
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const line = this.#lines[key];
    if (line === undefined) throw new MountproofError("internal", { message: `no protobuf message "${key}"` });
    const group = key.slice(0, key.lastIndexOf("."));
    const inOrder = line === "" ? [] : line.split(";").map((word) => readField(word, group));
    const rows = { key, inOrder, byNumber: new Map(inOrder.map((field) => [field.number, field])) };
    this.#read.set(key, rows);
    return rows;
  }
}

function readField(text: string, group: string): FieldRow {
  const [json = "", number = "", word = ""] = text.split(" ");
  let at = 0;
  const take = (prefix: string): boolean => {
    const found = word.startsWith(prefix, at);
    if (found) at += prefix.length;
    return found;
  };
  const inline = take(".");
  const pointer = take("*");
  const omitEmpty = take("?");
  const shape = inline ? "inline" : take("[]") ? "list" : take("{}") ? "map" : "single";
  const kind = KINDS[word[at] ?? ""];
  if (kind === undefined) throw new MountproofError("internal", { message: `unreadable table entry "${text}"` });
  const name = word.slice(at + 1);
  const message = kind.startsWith("schema") ? SCHEMA : name.includes(".") ? name : `${group}.${name}`;
  return { json, number: Number(number), kind, pointer, omitEmpty, shape, message };
}
