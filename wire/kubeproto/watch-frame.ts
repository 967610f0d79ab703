import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/**
 * A watch event as readers of `application/vnd.kubernetes.protobuf;stream=watch` get it: its length in four bytes, big
 * end first, then meta/v1 WatchEvent without the prefix of other bodies; the object inside it has one
 * (k8s.io/apimachinery, runtime/serializer/protobuf, LengthDelimitedFramer).
 */
export function watchFrame(type: string, object: Uint8Array): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(type);
  writer.tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).bytes(object);
  writer.join();
  const event = writer.finish();
  const frame = Buffer.allocUnsafe(4 + event.length);
  frame.writeUInt32BE(event.length);
  frame.set(event, 4);
  return frame;
}
