import { create, type DescMethodUnary, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import type { Clock } from "../../core/index.ts";
import {
  ACTIVITY_HEADER,
  DEADLINE_HEADER,
  definitionOf,
  type GrpcAddress,
  type GrpcExchange,
  type RequestInitOf,
  type ResponseOf,
  targetOf,
  type UnaryMethods,
} from "./method.ts";
import { GrpcError, GrpcStatus, STATUS_DETAILS } from "./status.ts";

export type CallOptions = {
  /** Sent as grpc-timeout and kept on the clock; without it a call may last for ever. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  readonly metadata?: Readonly<Record<string, string>>;
};

export type GrpcClientOptions = {
  readonly clock: Clock;
  readonly target: GrpcAddress;
  /** `:authority`; `localhost` unless told otherwise, as kubelet and the driver send it. */
  readonly authority?: string;
  /** Largest reply accepted; grpc's default of 4 MiB when left out. */
  readonly maxReceiveBytes?: number;
  /** Dials anew for each call, as kubelet does. */
  readonly connectionPerCall?: boolean;
  readonly onExchange?: (exchange: GrpcExchange) => void;
};

export type GrpcClient<S extends DescService> = {
  readonly [K in keyof UnaryMethods<S>]: (
    request: RequestInitOf<S["method"][K]>,
    options?: CallOptions,
  ) => Promise<ResponseOf<S["method"][K]>>;
} & Disposable & { close(): void };

/**
 * A typed client of one service. Calls reject with {@link GrpcError}; codes that a broken server leaves out or
 * garbles come as INTERNAL. Nothing is retried, and a connection that failed is forgotten, so the next call
 * dials at once: back-off belongs to the caller, on its clock.
 */
export function grpcClient<S extends DescService>(descriptor: S, options: GrpcClientOptions): GrpcClient<S> {
  let channel: grpc.Client | undefined;
  const client: Record<string | symbol, unknown> = {};
  const close = (): void => {
    channel?.close();
    channel = undefined;
  };
  const dial = (): grpc.Client =>
    new grpc.Client(targetOf(options.target), grpc.credentials.createInsecure(), channelOptions(options));
  for (const method of descriptor.methods) {
    if (method.methodKind !== "unary") continue;
    const called: CalledMethod = {
      descriptor,
      method: method as DescMethodUnary,
      definition: definitionOf(descriptor, method),
    };
    client[method.localName] = async (request: object, call: CallOptions = {}) => {
      if (options.connectionPerCall === true) {
        const own = dial();
        try {
          return await invoke(own, called, options, request, call);
        } finally {
          own.close();
        }
      }
      channel ??= dial();
      const used = channel;
      try {
        return await invoke(used, called, options, request, call);
      } catch (error) {
        // A channel that failed to connect waits in real time before it tries again; a fresh one does not.
        if (error instanceof GrpcError && !error.connected && channel === used) close();
        throw error;
      }
    };
  }
  client["close"] = close;
  client[Symbol.dispose] = close;
  return client as GrpcClient<S>;
}

function channelOptions(options: GrpcClientOptions): grpc.ClientOptions {
  return {
    "grpc.default_authority": options.authority ?? "localhost",
    "grpc.enable_retries": 0,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_send_message_length": -1,
    "grpc.enable_channelz": 0, // nobody asks for it, and each call pays for it
    ...(options.maxReceiveBytes !== undefined && { "grpc.max_receive_message_length": options.maxReceiveBytes }),
  };
}

type CalledMethod = {
  readonly descriptor: DescService;
  readonly method: DescMethodUnary;
  readonly definition: ReturnType<typeof definitionOf>;
};

function invoke(
  client: grpc.Client,
  { descriptor, method, definition }: CalledMethod,
  options: GrpcClientOptions,
  init: object,
  call: CallOptions,
): Promise<object> {
  const { clock } = options;
  const request = create(method.input, init as MessageInitShape<typeof method.input>);
  const token = clock.activity.begin(`call ${method.name}`);
  const startedAt = clock.now();
  const started = clock.wall();
  const metadata = new grpc.Metadata();
  for (const [key, value] of Object.entries(call.metadata ?? {})) metadata.set(key, value);
  if (clock.activity.isChained) metadata.set(ACTIVITY_HEADER, String(token.id));
  if (call.deadlineMs !== undefined) {
    metadata.set("grpc-timeout", timeoutHeader(call.deadlineMs));
    if (clock.activity.isChained) metadata.set(DEADLINE_HEADER, String(call.deadlineMs));
  }
  return new Promise((resolve, reject) => {
    let isOver = false;
    const finish = (error: GrpcError | undefined, response: object | undefined): void => {
      if (isOver) return;
      isOver = true;
      timer?.cancel();
      call.signal?.removeEventListener("abort", onAbort);
      options.onExchange?.({
        side: "client",
        service: descriptor.typeName,
        method: method.name,
        request,
        response,
        code: error?.code ?? GrpcStatus.OK,
        details: error?.details ?? "",
        authority: options.authority ?? "localhost",
        deadlineMs: call.deadlineMs,
        startedAt,
        tookMs: clock.wall() - started,
      });
      if (error === undefined && response !== undefined) resolve(response);
      else reject(error);
      token.end();
    };
    const callOff = (error: GrpcError): void => {
      token.callOff();
      pending?.cancel();
      finish(error, undefined);
    };
    const onAbort = (): void =>
      callOff(new GrpcError(GrpcStatus.CANCELLED, "context canceled", { cause: call.signal?.reason }));
    const timer =
      call.deadlineMs === undefined
        ? undefined
        : clock.timer(
            call.deadlineMs,
            () => callOff(new GrpcError(GrpcStatus.DEADLINE_EXCEEDED, "context deadline exceeded")),
            {
              ref: false,
            },
          );
    let pending: grpc.ClientUnaryCall | undefined;
    if (call.signal?.aborted === true) return onAbort();
    call.signal?.addEventListener("abort", onAbort, { once: true });
    pending = client.makeUnaryRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      request,
      metadata,
      {},
      (error, response) => finish(error === null ? undefined : normalise(error), response),
    );
  });
}

/** At most eight digits and a unit (gRPC over HTTP/2, "Timeout"). */
function timeoutHeader(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  return whole < 100_000_000 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(whole / 1000))}S`;
}

/** grpc-js reports a garbled grpc-status as NaN and a broken frame without any code. */
function normalise(error: grpc.ServiceError): GrpcError {
  const code = Number.isInteger(error.code) ? error.code : GrpcStatus.INTERNAL;
  const details = error.details ?? error.message;
  const connected = !(
    code === GrpcStatus.UNAVAILABLE &&
    /^(No connection established|Name resolution failed|Failed to connect)/.test(details)
  );
  const statusDetails = error.metadata?.get(STATUS_DETAILS)[0];
  return new GrpcError(code, details, { connected, ...(Buffer.isBuffer(statusDetails) && { statusDetails }) });
}
