import {
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";

/** A reply sent byte for byte: how tests and null subjects answer something malformed. */
export class RawReply {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** @see RawReply */
export function rawReply(bytes: Uint8Array): RawReply {
  return new RawReply(bytes);
}

export type UnaryMethods<S extends DescService> = {
  [K in keyof S["method"] as S["method"][K] extends DescMethodUnary ? K : never]: S["method"][K];
};

export type RequestOf<M> = M extends DescMethodUnary<infer I, infer _O> ? MessageShape<I> : never;
export type RequestInitOf<M> = M extends DescMethodUnary<infer I, infer _O> ? MessageInitShape<I> : never;
export type ResponseOf<M> = M extends DescMethodUnary<infer _I, infer O> ? MessageShape<O> : never;
export type ResponseInitOf<M> = M extends DescMethodUnary<infer _I, infer O> ? MessageInitShape<O> : never;

type Wire = object | Uint8Array;

/** The grpc-js view of a method; bytes pass through it unchanged in both directions of sending. */
export function definitionOf(service: DescService, method: DescMethod): MethodDefinition<Wire, Wire> {
  return {
    path: `/${service.typeName}/${method.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => encode(method.input, message),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (message) => encode(method.output, message),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
    originalName: method.localName,
  };
}

function encode(schema: DescMessage, message: Wire): Buffer {
  const bytes =
    message instanceof RawReply
      ? message.bytes
      : message instanceof Uint8Array
        ? message
        : toBinary(schema, message as MessageShape<DescMessage>);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength); // a view, not a copy
}

/** Carries the caller's activity token between parts of one process, in virtual time only. */
export const ACTIVITY_HEADER = "x-mountproof-activity";

/** Carries the deadline, in milliseconds of virtual time: grpc-timeout is read back on the real clock. */
export const DEADLINE_HEADER = "x-mountproof-deadline-ms";

/** One finished call as an observer sees it, on either side. */
export type GrpcExchange = {
  readonly side: "client" | "server";
  readonly service: string;
  readonly method: string;
  readonly request: object;
  /** Undefined when the call failed or the reply was raw. */
  readonly response: object | undefined;
  readonly code: number;
  readonly details: string;
  readonly authority: string;
  /** Milliseconds the call was given; undefined without a deadline. */
  readonly deadlineMs: number | undefined;
  readonly startedAt: number;
  readonly tookMs: number;
};

/** `{ path }`: a Unix socket. `{ host, port }`: TCP. */
export type GrpcAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** As grpc-js names an address. */
export function targetOf(address: GrpcAddress): string {
  return "path" in address ? `unix:${address.path}` : `${address.host}:${address.port}`;
}
