import type { JsonObject } from "./decode.ts";

/** A Kubernetes object as JSON has it. */
export type TypedObject = { apiVersion: string; kind: string } & JsonObject;

/** Reads and writes `application/vnd.kubernetes.protobuf` bodies of the kinds in the table. */
export interface KubeProtoCodec {
  /** Whether the kind can be read; a server answers 415 when it cannot. */
  knows(apiVersion: string, kind: string): boolean;
  /**
   * The object of a body, named by the body itself, or by `expected` where the body leaves a name out.
   * @throws MountproofError `invalid_argument` for bytes that do not parse, `unsupported` for a kind not in the table
   */
  decode(bytes: Uint8Array, expected?: { readonly apiVersion: string; readonly kind: string }): TypedObject;
  /** @throws MountproofError `unsupported` for a kind not in the table, `invalid_argument` for a value of a wrong type */
  encode(object: { readonly apiVersion: string; readonly kind: string }): Uint8Array<ArrayBuffer>;
  /** An event as readers of `…;stream=watch` get it. @throws as {@link KubeProtoCodec.encode} */
  encodeEvent(type: string, object: { readonly apiVersion: string; readonly kind: string }): Buffer;
}
