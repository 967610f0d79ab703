import type { FieldRow, MessageTable } from "../../../../wire/kubeproto/index.ts";
import { annotated, annotationsOf } from "./annotations.ts";
import { NAMED_SCHEMAS, type OpenApiSchema, openApiName, propertyOf } from "./property.ts";
import { ANY, type FieldNode, type Scalar, type TypeNode } from "./type-node.ts";

/**
 * The built-in types: Go's fields from the protobuf table, everything else from the annotations. One table drives
 * reading, defaulting of keys, merging, ownership and OpenAPI. Loaded at the first write, not at the start.
 */
export class BuiltInTypes {
  readonly #table: MessageTable;
  readonly #nodes = new Map<string, TypeNode>();
  readonly #byName = new Map<string, string>();

  constructor(table: MessageTable) {
    this.#table = table;
    for (const key of table.keys()) this.#byName.set(openApiName(key), key);
  }

  /** The struct of a kind; undefined for a kind that the table does not hold. */
  ofKind(apiVersion: string, kind: string): TypeNode | undefined {
    const key = this.keyOf(apiVersion, kind);
    return key === undefined ? undefined : this.#struct(key);
  }

  /** ObjectMeta, which every object has. */
  metadata(): TypeNode {
    return this.#struct("meta/v1.ObjectMeta");
  }

  keyOf(apiVersion: string, kind: string): string | undefined {
    return this.#table.keyOf(apiVersion, kind);
  }

  /** By its name in OpenAPI documents. */
  keyOfName(name: string): string | undefined {
    return this.#byName.get(name);
  }

  /** The OpenAPI schema of a named type, without its group-version-kinds; undefined for a name nobody has. */
  openApi(name: string): OpenApiSchema | undefined {
    const named = NAMED_SCHEMAS[name];
    if (named !== undefined) return named;
    const key = this.#byName.get(name);
    if (key === undefined) return undefined;
    const notes = annotationsOf(key);
    const own = this.#fieldsOf(key);
    const required = notes.required ?? own.filter(({ omitEmpty }) => !omitEmpty).map(({ json }) => json);
    const fields = own.map((field) => [field.json, annotated(propertyOf(field), notes.fields?.[field.json])] as const);
    const isObject = this.isObject(key);
    const all = [
      ...fields,
      ...(isObject ? (["apiVersion", "kind"] as const).map((n) => [n, { type: "string" }] as const) : []),
    ];
    return {
      ...(all.length > 0 && { properties: Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1))) }),
      ...(required.length > 0 && { required }),
      type: "object",
      ...notes.type,
    };
  }

  /** Whether a message is a kind of its own, with apiVersion and kind. */
  isObject(key: string): boolean {
    if (key === "meta/v1.DeleteOptions") return true;
    return (
      this.#table
        .rows(key)
        .inOrder.some(({ json, message }) => json === "metadata" && /^meta\/v1\.(Object|List)Meta$/.test(message)) &&
      !key.endsWith("PodTemplateSpec") &&
      !key.endsWith("JobTemplateSpec") &&
      !key.endsWith("PersistentVolumeClaimTemplate")
    );
  }

  /** Fields of a message with those that JSON lifts out of inlined ones. */
  #fieldsOf(key: string): FieldRow[] {
    return this.#table
      .rows(key)
      .inOrder.flatMap((field) => (field.shape === "inline" ? this.#fieldsOf(field.message) : [field]));
  }

  #struct(key: string): TypeNode {
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const types = this;
    let fields: ReadonlyMap<string, FieldNode> | undefined;
    const [group = "", name = ""] = [key.slice(0, key.lastIndexOf(".")), key.slice(key.lastIndexOf(".") + 1)];
    const node: TypeNode = {
      form: "struct",
      goType: `${group.split("/")[1] ?? "v1"}.${name}`,
      ...(annotationsOf(key).type?.["x-kubernetes-map-type"] === "atomic" && { isAtomic: true }),
      get fields() {
        fields ??= types.#readFields(key);
        return fields;
      },
    };
    this.#nodes.set(key, node);
    return node;
  }

  #readFields(key: string): ReadonlyMap<string, FieldNode> {
    const notes = annotationsOf(key);
    const entries = this.#fieldsOf(key).map((row): [string, FieldNode] => {
      const note = notes.fields?.[row.json] ?? {};
      const zero = note["default"];
      return [
        row.json,
        {
          name: row.json,
          type: this.#typeOf(row, note),
          isPointer: row.pointer,
          omitsEmpty: row.omitEmpty,
          ...(zero !== undefined && zero !== null && { default: zero }),
        },
      ];
    });
    if (this.isObject(key)) {
      const text: TypeNode = { form: "scalar", scalar: "string", goType: "string" };
      for (const name of ["kind", "apiVersion"])
        entries.unshift([name, { name, type: text, isPointer: false, omitsEmpty: true }]);
    }
    return new Map(entries);
  }

  #typeOf(row: FieldRow, note: OpenApiSchema): TypeNode {
    const value = this.#valueOf(row);
    if (row.shape === "map")
      return {
        form: "map",
        goType: `map[string]${value.goType}`,
        items: value,
        ...(note["x-kubernetes-map-type"] === "atomic" && { isAtomic: true }),
      };
    const strategy = String(note["x-kubernetes-patch-strategy"] ?? "");
    if (row.shape !== "list") {
      const isAtomic = note["x-kubernetes-map-type"] === "atomic";
      if (!isAtomic && !strategy.includes("retainKeys")) return value;
      // A struct's fields are read when they are asked for, so it is not copied by a spread.
      return Object.create(value, {
        ...(isAtomic && { isAtomic: { value: true } }),
        ...(strategy.includes("retainKeys") && { retainsKeys: { value: true } }),
      }) as TypeNode;
    }
    const listType = note["x-kubernetes-list-type"];
    const mergeKey = note["x-kubernetes-patch-merge-key"];
    return {
      form: "list",
      goType: `[]${value.goType}`,
      items: value,
      listType: listType === "set" || listType === "map" ? listType : "atomic",
      ...(Array.isArray(note["x-kubernetes-list-map-keys"]) && {
        listKeys: note["x-kubernetes-list-map-keys"] as string[],
      }),
      ...(strategy.includes("merge") && { mergeKey: typeof mergeKey === "string" ? mergeKey : "" }),
      ...(strategy.includes("retainKeys") && { retainsKeys: true }),
    };
  }

  #valueOf(row: FieldRow): TypeNode {
    switch (row.kind) {
      case "message":
        return this.#struct(row.message);
      case "raw":
      case "schemaOrBool":
      case "schemaOrArray":
      case "schemaOrStrings":
        return ANY;
      case "strings":
        return { form: "list", goType: "[]string", items: scalarNode("string"), listType: "atomic" };
      default:
        return scalarNode(row.kind);
    }
  }
}

const GO_TYPES: Readonly<Record<Scalar, string>> = {
  string: "string",
  int32: "int32",
  int64: "int64",
  bool: "bool",
  double: "float64",
  bytes: "[]uint8",
  time: "time.Time",
  microTime: "time.Time",
  quantity: "resource.Quantity",
  intOrString: "intstr.IntOrString",
};

function scalarNode(scalar: Scalar): TypeNode {
  return { form: "scalar", scalar, goType: GO_TYPES[scalar] };
}
