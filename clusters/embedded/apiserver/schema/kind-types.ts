import type { KubeObject } from "../../../../kube/types.ts";
import { type KubeProtoCodec, loadKubeProto } from "../../../../wire/kubeproto/index.ts";
import type { Schema } from "../crd/types.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import type { BuiltInTypes } from "./built-in-types.ts";
import { customType } from "./custom-types.ts";
import { loadBuiltInTypes } from "./load-built-in-types.ts";
import { readTyped } from "./read-typed.ts";
import type { TypeNode } from "./type-node.ts";

/** The types of the kinds that are served: built-in ones from the table, CustomResources' from their schemas. */
export class KindTypes {
  #loading: Promise<BuiltInTypes> | undefined;
  #loadingCodec: Promise<KubeProtoCodec> | undefined;
  #loadingExpressions: Promise<typeof import("../cel/rules.ts")> | undefined;
  #codec: KubeProtoCodec | undefined;
  readonly #custom = new WeakMap<Kind, TypeNode>();

  builtIn(): Promise<BuiltInTypes> {
    this.#loading ??= loadBuiltInTypes();
    return this.#loading;
  }

  /** Loads the protobuf codec, for who sends or wants protobuf. */
  async protobuf(): Promise<KubeProtoCodec> {
    this.#loadingCodec ??= loadKubeProto();
    this.#codec = await this.#loadingCodec;
    return this.#codec;
  }

  /** Loads the Common Expression Language, for who writes what has rules in it. */
  expressions(): Promise<typeof import("../cel/rules.ts")> {
    this.#loadingExpressions ??= import("../cel/rules.ts");
    return this.#loadingExpressions;
  }

  /** The codec once it was asked for. */
  get codec(): KubeProtoCodec | undefined {
    return this.#codec;
  }

  /** Undefined for a built-in kind that the table does not hold. */
  async of(kind: Kind, schema: Schema | undefined): Promise<TypeNode | undefined> {
    const builtIn = await this.builtIn();
    if (kind.isCustom !== true) return builtIn.ofKind(apiVersionOf(kind), kind.kind);
    let type = this.#custom.get(kind);
    if (type === undefined) {
      type = customType(schema, builtIn.metadata());
      this.#custom.set(kind, type);
    }
    return type;
  }
}

/** The object that Go's empty struct of a kind prints: what a new object is compared with. */
export function emptyObject(kind: Kind, type: TypeNode): KubeObject {
  const head = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  return (
    kind.isCustom === true ? { ...head, metadata: {} } : { metadata: {}, ...readTyped(head, type) }
  ) as KubeObject;
}
