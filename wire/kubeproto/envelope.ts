import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { malformed } from "./decode.ts";

/** `k8s` and a zero byte, then runtime.Unknown (k8s.io/apimachinery, runtime/serializer/protobuf). */
const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);

export type Envelope = { readonly apiVersion: string; readonly kind: string; readonly raw: Uint8Array };

/** Takes a body apart. Either name is empty when the sender left it out. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.byteLength < 4 || MAGIC.some((byte, at) => bytes[at] !== byte))
    throw malformed("the body does not start with the protobuf prefix of Kubernetes (k8s and a zero byte)");
  let apiVersion = "";
  let kind = "";
  let raw: Uint8Array = new Uint8Array();
  try {
    const reader = new BinaryReader(bytes.subarray(4));
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (number === 1 && wireType === WireType.LengthDelimited) {
        const meta = new BinaryReader(reader.bytes());
        while (meta.pos < meta.len) {
          const [metaNumber, metaType] = meta.tag();
          if (metaNumber === 1) apiVersion = meta.string();
          else if (metaNumber === 2) kind = meta.string();
          else meta.skip(metaType, metaNumber);
        }
      } else if (number === 2 && wireType === WireType.LengthDelimited) raw = reader.bytes();
      else if (number === 3 && reader.string() !== "") throw malformed("an encoded protobuf body is not supported");
      else if (number > 3) reader.skip(wireType, number);
    }
  } catch (error) {
    throw malformed("the protobuf envelope does not parse", error);
  }
  return { apiVersion, kind, raw };
}

export function sealEnvelope(envelope: Envelope): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.raw(MAGIC);
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(envelope.apiVersion);
  writer.tag(2, WireType.LengthDelimited).string(envelope.kind);
  writer.join();
  writer.tag(2, WireType.LengthDelimited).bytes(envelope.raw);
  writer.tag(3, WireType.LengthDelimited).string("");
  writer.tag(4, WireType.LengthDelimited).string("");
  return writer.finish();
}
