import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import {
  create,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { Clock } from "../../core/index.ts";
import type { CallOptions, GrpcClient } from "../../wire/grpc/client.ts";
import { ACTIVITY_HEADER } from "../../wire/grpc/method.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/status.ts";
import { createDialer, type Dialer, loopbackResolver } from "../dialer.ts";
import { securer, type TlsClientOptions } from "../tls-client.ts";
import { GrpcAnswer } from "./answer.ts";
import { formatTimeout, frame } from "./frame.ts";

export type GrpcHttpClientOptions = TlsClientOptions & {
  readonly clock: Clock;
  /** By name, as the certificate has it. */
  readonly host: string;
  readonly port: number;
  /** HTTP/2 without TLS. */
  readonly plaintext?: boolean;
  /** How the name becomes a connection; loopback alone by default. */
  readonly dialer?: Dialer;
  readonly userAgent?: string;
  /** Largest reply accepted; grpc's default of 4 MiB when left out. */
  readonly maxReceiveBytes?: number;
};

const DEFAULT_MAX_RECEIVE = 4 * 1024 * 1024;

/**
 * A client of one service over the run's dialer and CA, for services that are reached by name over the network. grpc-js
 * takes neither, so it serves Unix sockets alone (see wire/grpc). One connection is kept and shared; nothing is
 * retried. Calls reject with GrpcError; `connected` is false, and `cause` says why, when no connection came about.
 *
 * @example
 * const secrets = grpcOverHttp2(SecretManagerService, { clock, host: "secretmanager.googleapis.com", port: 443, caPem, dialer });
 * const { payload } = await secrets.accessSecretVersion({ name }, { deadlineMs: 60_000, metadata: { authorization } });
 */
export function grpcOverHttp2<S extends DescService>(descriptor: S, options: GrpcHttpClientOptions): GrpcClient<S> {
  const connection = new Connection(options);
  const client: Record<string | symbol, unknown> = {};
  for (const method of descriptor.methods) {
    if (method.methodKind !== "unary") continue;
    client[method.localName] = (request: object, call: CallOptions = {}) =>
      invoke(connection, options, descriptor, method as DescMethodUnary, request, call);
  }
  const close = (): void => connection.close();
  client["close"] = close;
  client[Symbol.dispose] = close;
  return client as GrpcClient<S>;
}

/** The one session of a client: made by the first call, made anew by the call that finds it gone. */
class Connection {
  readonly #options: GrpcHttpClientOptions;
  readonly #dial: Dialer;
  readonly #secure: (socket: Socket, host: string) => Promise<Socket>;
  #session: Promise<ClientHttp2Session> | undefined;
  #isClosed = false;

  constructor(options: GrpcHttpClientOptions) {
    this.#options = options;
    this.#dial = options.dialer ?? createDialer({ resolvers: [loopbackResolver] });
    this.#secure = securer(options, "h2");
  }

  async session(): Promise<ClientHttp2Session> {
    const known = await this.#session?.catch(() => undefined);
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    // Whoever came first while this one looked has begun a new one already.
    if (this.#session === undefined || known !== undefined) this.#session = this.#open();
    const opening = this.#session;
    opening.catch(() => {
      if (this.#session === opening) this.#session = undefined;
    });
    return await opening;
  }

  close(): void {
    this.#isClosed = true;
    void this.#session?.then((session) => session.destroy()).catch(() => {});
    this.#session = undefined;
  }

  async #open(): Promise<ClientHttp2Session> {
    const { host, port, plaintext } = this.#options;
    if (this.#isClosed) throw new GrpcError(GrpcStatus.CANCELLED, "grpc: the client connection is closing");
    const socket = await this.#dial(host, port);
    const secured = plaintext === true ? socket : await this.#secure(socket, host);
    const session = connect(`${plaintext === true ? "http" : "https"}://${host}:${port}`, {
      createConnection: () => secured,
    });
    session.on("error", () => {}); // its streams tell
    if (this.#isClosed) session.destroy();
    return session;
  }
}

function invoke(
  connection: Connection,
  options: GrpcHttpClientOptions,
  descriptor: DescService,
  method: DescMethodUnary,
  init: object,
  call: CallOptions,
): Promise<object> {
  const { clock, host, port } = options;
  const token = clock.activity.begin(`call ${method.name}`);
  return new Promise<object>((resolve, reject) => {
    let cancel: (() => void) | undefined;
    let isOver = false;
    const finish = (error: GrpcError | undefined, reply?: object): void => {
      if (isOver) return;
      isOver = true;
      timer?.cancel();
      call.signal?.removeEventListener("abort", onAbort);
      if (error === undefined && reply !== undefined) resolve(reply);
      else reject(error);
      token.end();
    };
    const callOff = (error: GrpcError): void => {
      // Without a connection nobody hears of it: a dial that hangs for good must not count again.
      if (cancel !== undefined) token.callOff();
      cancel?.();
      finish(error);
    };
    const onAbort = (): void =>
      callOff(new GrpcError(GrpcStatus.CANCELLED, "context canceled", { cause: call.signal?.reason }));
    const timer =
      call.deadlineMs === undefined
        ? undefined
        : clock.timer(
            call.deadlineMs,
            () => callOff(new GrpcError(GrpcStatus.DEADLINE_EXCEEDED, "context deadline exceeded")),
            { ref: false },
          );
    if (call.signal?.aborted === true) return onAbort();
    call.signal?.addEventListener("abort", onAbort, { once: true });
    const send = async (): Promise<void> => {
      const session = await connection.session();
      if (isOver) return;
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: `/${descriptor.typeName}/${method.name}`,
        [constants.HTTP2_HEADER_AUTHORITY]: `${host}:${port}`,
        "content-type": "application/grpc",
        te: "trailers",
        "user-agent": options.userAgent ?? "mountproof",
        ...(call.deadlineMs !== undefined && { "grpc-timeout": formatTimeout(call.deadlineMs) }),
        ...(clock.activity.isChained && { [ACTIVITY_HEADER]: String(token.id) }),
        ...call.metadata,
      });
      cancel = () => stream.close(constants.NGHTTP2_CANCEL);
      const answer = new GrpcAnswer(stream, session, options.maxReceiveBytes ?? DEFAULT_MAX_RECEIVE);
      stream.end(frame(toBinary(method.input, create(method.input, init as MessageInitShape<typeof method.input>))));
      const bytes = await answer.message();
      finish(undefined, fromBinary(method.output, bytes) as MessageShape<typeof method.output>);
    };
    clock.activity.run(token, send).catch((error: unknown) => finish(asGrpcError(error)));
  });
}

function asGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new GrpcError(GrpcStatus.UNAVAILABLE, `connection error: ${text}`, { connected: false, cause: error });
}
