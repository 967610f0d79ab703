import type { MessageTable } from "./message-table.ts";
import type { KubeProtoCodec } from "./types.ts";

export type { JsonObject } from "./decode.ts";
export { type FieldRow, MessageTable } from "./message-table.ts";
export type { KubeProtoCodec, TypedObject } from "./types.ts";

/** The media type of these bodies. */
export const PROTOBUF_CONTENT_TYPE = "application/vnd.kubernetes.protobuf";

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
