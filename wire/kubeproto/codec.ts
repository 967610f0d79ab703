import { MountproofError } from "../../core/index.ts";
import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import type { MessageTable } from "./message-table.ts";
import type { KubeProtoCodec } from "./types.ts";
import { watchFrame } from "./watch-frame.ts";

/** @see loadKubeProto */
export function codecOf(table: MessageTable): KubeProtoCodec {
  const keyOf = (apiVersion: string, kind: string): string => {
    const key = table.keyOf(apiVersion, kind);
    if (key !== undefined) return key;
    throw new MountproofError("unsupported", {
      message: `kind "${kind}" of "${apiVersion}" is not served in protobuf`,
      hint: "send it as JSON",
    });
  };
  const encode: KubeProtoCodec["encode"] = (object) => {
    const { apiVersion, kind } = object;
    return sealEnvelope({ apiVersion, kind, raw: encodeMessage(table, keyOf(apiVersion, kind), { ...object }) });
  };
  return {
    knows: (apiVersion, kind) => table.keyOf(apiVersion, kind) !== undefined,
    decode(bytes, expected) {
      const envelope = openEnvelope(bytes);
      const apiVersion = envelope.apiVersion || (expected?.apiVersion ?? "");
      const kind = envelope.kind || (expected?.kind ?? "");
      return { apiVersion, kind, ...decodeMessage(table, keyOf(apiVersion, kind), envelope.raw) };
    },
    encode,
    encodeEvent: (type, object) => watchFrame(type, encode(object)),
  };
}
