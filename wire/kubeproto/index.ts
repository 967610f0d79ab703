import type { JsonObject } from "./decode.ts";
import type { MessageTable } from "./message-table.ts";

export type { JsonObject } from "./decode.ts";
export { type FieldRow, MessageTable } from "./message-table.ts";

/** The media type of these bodies. */
export const PROTOBUF_CONTENT_TYPE = "application/vnd.kubernetes.protobuf";

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

/**
 * The field table (50 kB) itself: what Go's structs of the Kubernetes kinds hold, for schemas and for reading JSON.
 */
export async function loadMessageTable(): Promise<MessageTable> {
  return (await import("./table.ts")).MESSAGE_TABLE;
}

/**
 * Loads the field table (50 kB) and what reads by it, and gives a codec. Keep the codec: it remembers the messages it has read.
 *
 * @example
 * const codec = await loadKubeProto();
 * const secret = codec.decode(body); // { apiVersion: "v1", kind: "Secret", metadata: {…}, data: {…} }
 */
export async function loadKubeProto(): Promise<KubeProtoCodec> {
  const [table, { codecOf }] = await Promise.all([loadMessageTable(), import("./codec.ts")]);
  return codecOf(table);
}
