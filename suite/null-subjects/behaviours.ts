import type { DescService } from "@bufbuild/protobuf";
import { type BoundService, GrpcError, GrpcStatus, type ServerCall } from "../../wire/grpc/index.ts";

/** What a null subject does with any call; a reply is the bare beginning of a message. */
export type NullHandler = (request: object, call: ServerCall) => object | Promise<object>;

/** The service with one behaviour behind every method. */
export function everyMethod(descriptor: DescService, handle: NullHandler): BoundService {
  return { descriptor, handlers: new Map(descriptor.methods.map(({ localName }) => [localName, handle])) };
}

export const alwaysOk: NullHandler = () => ({});

export const alwaysError: NullHandler = () => {
  throw new GrpcError(GrpcStatus.INTERNAL, "no");
};

export const hangs: NullHandler = (_request, call) => {
  call.activity.park(); // or the virtual clock would wait for us for ever
  return new Promise((_resolve, reject) => {
    // Nobody waits any more; a token that is called off counts until its work has ended.
    call.signal.addEventListener("abort", () => reject(call.signal.reason), { once: true });
  });
};
