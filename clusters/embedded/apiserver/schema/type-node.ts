/**
 * A type as writes see it: what JSON may hold there, and how two writers share it. Built-in kinds and CustomResources
 * both come in this form, so reading, pruning, strategic merge and server-side apply are written once.
 */
export type TypeNode = {
  readonly form: "scalar" | "list" | "map" | "struct" | "any";
  /** As Go's JSON errors name it: `string`, `int32`, `[]v1.Container`. */
  readonly goType: string;
  readonly scalar?: Scalar;
  /** Of a list its items, of a map its values. */
  readonly items?: TypeNode;
  /** Of a struct, by JSON name. */
  readonly fields?: ReadonlyMap<string, FieldNode>;
  /** How writers share a list; atomic when nothing is said. */
  readonly listType?: "atomic" | "set" | "map";
  readonly listKeys?: readonly string[];
  /** A map or struct that one writer owns whole. */
  readonly isAtomic?: boolean;
  /** Strategic merge: the key of the items, "" for a set of scalars; a list without one is replaced. */
  readonly mergeKey?: string;
  readonly retainsKeys?: boolean;
  /** Fields that are not named are kept (x-kubernetes-preserve-unknown-fields). */
  readonly keepsUnknown?: boolean;
};

export type Scalar =
  | "string"
  | "int32"
  | "int64"
  | "bool"
  | "double"
  | "bytes"
  | "time"
  | "microTime"
  | "quantity"
  | "intOrString";

export type FieldNode = {
  readonly name: string;
  readonly type: TypeNode;
  /** A Go pointer: absent and zero are two things. */
  readonly isPointer: boolean;
  /** Go leaves the zero value out. */
  readonly omitsEmpty: boolean;
  /** The schema's default of a list's key: an item without the key is told apart by it. */
  readonly default?: unknown;
};

export const ANY: TypeNode = { form: "any", goType: "interface {}" };
