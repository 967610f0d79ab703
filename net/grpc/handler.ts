import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Clock, messageOf } from "../../core/index.ts";
import { RawReply } from "../../wire/grpc/method.ts";
import type { AnyHandler, BoundService, ServerCall } from "../../wire/grpc/server.ts";
// From their own files: the door of wire/grpc brings grpc-js along, which takes 60 ms to load and is not needed here.
import { GrpcError, GrpcStatus, STATUS_DETAILS } from "../../wire/grpc/status.ts";
import type { HttpExchange, HttpHandler } from "../http-server.ts";
import { encodeMessage, frame, parseTimeout, unframe } from "./frame.ts";

/** grpc's default. */
const MAX_RECEIVE = 4 * 1024 * 1024;

type Method = {
  readonly handler: AnyHandler | undefined;
  readonly method: BoundService["descriptor"]["methods"][number];
};

export type GrpcHandlerOptions = {
  readonly clock: Clock;
  readonly services: readonly BoundService[];
  /** Comes before each handler, in one place for all methods: faults. Its throw is the call's end. */
  readonly before?: (exchange: HttpExchange, call: ServerCall) => Promise<void>;
  /** Told how each call ended. */
  readonly onEnd?: (exchange: HttpExchange, request: object | undefined, status: GrpcError | undefined) => void;
};

/** True for what is a gRPC call and not plain HTTP. */
export function isGrpc({ headers, raw }: HttpExchange): boolean {
  return raw.request.httpVersionMajor >= 2 && (headers["content-type"] ?? "").startsWith("application/grpc");
}

/**
 * Serves unary methods as exchanges of an HTTP server, so that gRPC and plain HTTP share one port, as Google's APIs
 * have it. Calls of an unknown method answer UNIMPLEMENTED.
 *
 * @example startHttpServer({ http2: true, handler: (exchange) => (isGrpc(exchange) ? grpc(exchange) : rest(exchange)), … })
 */
export function grpcHandler(options: GrpcHandlerOptions): HttpHandler {
  const methods = new Map<string, Method>();
  for (const { descriptor, handlers } of options.services)
    for (const method of descriptor.methods)
      methods.set(`/${descriptor.typeName}/${method.name}`, { method, handler: handlers.get(method.localName) });
  return async (exchange) => {
    let request: object | undefined;
    const timeout = parseTimeout(exchange.headers["grpc-timeout"] as string | undefined);
    using deadline = timeout === undefined ? undefined : options.clock.deadline(timeout, { signal: exchange.signal });
    const call: ServerCall = {
      signal: deadline?.signal ?? exchange.signal,
      deadline,
      authority: exchange.headers.host ?? "",
      method: exchange.path,
      metadata: new Map(
        Object.entries(exchange.headers).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
      ),
      activity: exchange.activity,
    };
    try {
      await options.before?.(exchange, call);
      const known = methods.get(exchange.path);
      if (known?.handler === undefined)
        throw new GrpcError(GrpcStatus.UNIMPLEMENTED, `Method ${exchange.path} is not implemented.`);
      const { method, handler } = known;
      const bytes = unframe(
        await exchange.body(),
        exchange.headers["grpc-encoding"] as string | undefined,
        MAX_RECEIVE,
      );
      if (bytes === undefined) throw new GrpcError(GrpcStatus.INTERNAL, "the call brought no message");
      request = fromBinary(method.input, bytes);
      const reply = await handler(request, call);
      options.onEnd?.(exchange, request, undefined);
      answer(
        exchange,
        reply instanceof RawReply
          ? reply.bytes
          : toBinary(method.output, create(method.output, reply as MessageInitShape<typeof method.output>)),
      );
    } catch (error) {
      const status =
        error instanceof GrpcError ? error : new GrpcError(GrpcStatus.UNKNOWN, messageOf(error), { cause: error });
      options.onEnd?.(exchange, request, status);
      refuse(exchange, status);
    }
  };
}

function answer(exchange: HttpExchange, message: Uint8Array): void {
  exchange.raw.response.addTrailers({ "grpc-status": "0" });
  // As every answer, so that a fault meets it, too.
  exchange.respond(200, { "content-type": "application/grpc" }, frame(message));
}

/** Ends a call with a status that is not OK. */
export function refuse({ raw: { response } }: HttpExchange, { code, details, statusDetails }: GrpcError): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(200, { "content-type": "application/grpc" });
  response.addTrailers({
    "grpc-status": String(code),
    "grpc-message": encodeMessage(details),
    ...(statusDetails !== undefined && { [STATUS_DETAILS]: Buffer.from(statusDetails).toString("base64") }),
  });
  response.end();
}
