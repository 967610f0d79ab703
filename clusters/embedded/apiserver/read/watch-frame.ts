import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { KubeProtoCodec } from "../../../../wire/kubeproto/index.ts";

/**
 * A watch event as readers of `application/vnd.kubernetes.protobuf;stream=watch` get it: its length in four bytes, big
 * end first, then meta/v1 WatchEvent without the prefix of other bodies; the object inside it has one
 * (k8s.io/apimachinery, runtime/serializer/protobuf, LengthDelimitedFramer).
 */
export function watchFrame(
  codec: KubeProtoCodec,
  type: string,
  object: { readonly apiVersion: string; readonly kind: string },
): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(type);
  writer.tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).bytes(codec.encode(object));
  writer.join();
  const event = writer.finish();
  const frame = Buffer.allocUnsafe(4 + event.length);
  frame.writeUInt32BE(event.length);
  frame.set(event, 4);
  return frame;
}
