import { access, constants, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { create, type DescMethodUnary, type DescService } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import {
  type ActivityToken,
  type Clock,
  type Deadline,
  MountproofError,
  messageOf,
  waiting,
} from "../../core/index.ts";
import {
  ACTIVITY_HEADER,
  DEADLINE_HEADER,
  definitionOf,
  type GrpcAddress,
  type GrpcExchange,
  RawReply,
  type RequestOf,
  type ResponseInitOf,
  targetOf,
  type UnaryMethods,
} from "./method.ts";
import { GrpcError, GrpcStatus, STATUS_DETAILS } from "./status.ts";

/** What a handler knows of the call besides its request. */
export type ServerCall = {
  /** Aborts when the caller cancels or goes away, or when the deadline passes. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline | undefined;
  readonly authority: string;
  /** `/package.Service/Method` */
  readonly method: string;
  /** First value of each metadata key; binary keys are left out. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The call's token: a handler that hangs on purpose parks it. */
  readonly activity: ActivityToken;
};

export type Handler<M> = (
  request: RequestOf<M>,
  call: ServerCall,
) => ResponseInitOf<M> | RawReply | Promise<ResponseInitOf<M> | RawReply>;

export type Handlers<S extends DescService> = { readonly [K in keyof UnaryMethods<S>]?: Handler<S["method"][K]> };

/** A handler whose types are not known any more. */
export type AnyHandler = (request: object, call: ServerCall) => unknown;

/** A service with its handlers; methods without one answer UNIMPLEMENTED. */
export type BoundService = {
  readonly descriptor: DescService;
  readonly handlers: ReadonlyMap<string, AnyHandler>;
};

/** @example startGrpcServer({ services: [service(CSIDriverProvider, { mount: async (request) => ({ … }) })], … }) */
export function service<S extends DescService>(descriptor: S, handlers: Handlers<S>): BoundService {
  const entries = Object.entries(handlers).filter(([, handler]) => handler !== undefined);
  return { descriptor, handlers: new Map(entries as [string, AnyHandler][]) };
}

export type GrpcServerOptions = {
  readonly clock: Clock;
  /** Names the server in errors and activity: `driver`, `provider/vault`. */
  readonly name: string;
  readonly listen: GrpcAddress;
  readonly services: readonly BoundService[];
  /** Largest request accepted; grpc's default of 4 MiB when left out. */
  readonly maxReceiveBytes?: number;
  readonly onExchange?: (exchange: GrpcExchange) => void;
};

export interface RunningGrpcServer extends AsyncDisposable {
  /** As a client dials it; the port is the real one where 0 was asked for. */
  readonly address: GrpcAddress;
  /** Takes no new calls and resolves when those under way have ended. */
  drain(): Promise<void>;
  /** Ends as the process that serves does when it is killed: every call under way loses its connection. */
  kill(): Promise<void>;
}

/** As go-grpc tells its caller. */
const CONNECTION_LOST = "error reading from server: EOF";
/** sockaddr_un holds 108 bytes, one of them the terminator. */
const MAX_SOCKET_PATH = 107;

/**
 * Serves unary methods. A stale socket file is replaced; on disposal calls under way are cut and the socket
 * file is removed.
 * @throws MountproofError `invalid_config` for a socket path that is too long, `address_in_use` for a taken
 * port, `environment` when the address cannot be bound
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningGrpcServer> {
  const { listen, clock } = options;
  const underWay = new Set<() => void>();
  const server = new grpc.Server({
    ...(options.maxReceiveBytes !== undefined && { "grpc.max_receive_message_length": options.maxReceiveBytes }),
    "grpc.max_send_message_length": -1,
    "grpc.enable_channelz": 0, // nobody asks for it, and each call pays for it
  });
  for (const bound of options.services) {
    const definition: Record<string, grpc.MethodDefinition<object, object>> = {};
    const implementation: Record<string, grpc.handleUnaryCall<object, object>> = {};
    for (const method of bound.descriptor.methods) {
      if (method.methodKind !== "unary") continue;
      definition[method.localName] = definitionOf(bound.descriptor, method);
      implementation[method.localName] = serve(options, bound, method as DescMethodUnary, underWay);
    }
    server.addService(definition, implementation);
  }
  const removeSocket = async (): Promise<void> => {
    if ("path" in listen) await rm(listen.path, { force: true });
  };
  if ("path" in listen) {
    if (Buffer.byteLength(listen.path) > MAX_SOCKET_PATH)
      throw new MountproofError("invalid_config", {
        message: `socket path "${listen.path}" has ${Buffer.byteLength(listen.path)} bytes, at most ${MAX_SOCKET_PATH} fit`,
        hint: "use a shorter folder, for example below /tmp",
        culprit: { server: options.name },
      });
  }
  const port = await clock.activity.track(`${options.name} starts to listen`, async () => {
    if ("path" in listen) await requireFolder(options.name, listen.path);
    await removeSocket();
    return await bind(server, options);
  });
  const address = "path" in listen ? listen : { host: listen.host, port };
  return {
    address,
    // Those under way hold the clock for themselves; one that waits for time must not be waited for by it.
    drain: () =>
      waiting(clock, `${options.name} drains`, () => new Promise((done) => server.tryShutdown(() => done()))),
    kill: async () => {
      for (const lose of underWay) lose();
      // The losses are on their way to the callers; what is cut now would be told as cancelled.
      await new Promise<void>((resolve) => setImmediate(resolve));
      server.forceShutdown();
      await removeSocket();
    },
    [Symbol.asyncDispose]: async () => {
      server.forceShutdown();
      await removeSocket();
    },
  };
}

function bind(server: grpc.Server, options: GrpcServerOptions): Promise<number> {
  return new Promise((resolve, reject) =>
    server.bindAsync(targetOf(options.listen), grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) return resolve(port);
      const taken = /EADDRINUSE/.test(error.message);
      reject(
        new MountproofError(taken ? "address_in_use" : "environment", {
          message: `${options.name} cannot listen on "${targetOf(options.listen)}": ${reasonOf(error)}`,
          hint: taken
            ? "another program listens there; choose another port"
            : "does the folder exist, and may you write there?",
          culprit: { server: options.name },
          cause: error,
        }),
      );
    }),
  );
}

/** The system says "permission denied" of a socket in a folder that is not there. */
async function requireFolder(server: string, path: string): Promise<void> {
  const folder = dirname(path);
  const refuse = (why: string, hint: string, cause: unknown): MountproofError =>
    new MountproofError("environment", {
      message: `${server} cannot listen on "${path}": ${why}`,
      hint,
      culprit: { server },
      cause,
    });
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT")
      throw refuse(`the folder "${folder}" does not exist`, "make the folder, or name another socket", cause);
    throw refuse(
      `the folder "${folder}" cannot be written to`,
      "run it as somebody who may, or name another socket",
      cause,
    );
  }
}

/** grpc-js wraps the system's reason in one of its own: `… errors: [listen EACCES: permission denied /run/x.sock]`. */
function reasonOf({ message }: Error): string {
  return /errors: \[(.*)\]$/s.exec(message)?.[1] ?? message;
}

function serve(
  options: GrpcServerOptions,
  bound: BoundService,
  method: DescMethodUnary,
  underWay: Set<() => void>,
): grpc.handleUnaryCall<object, object> {
  const { clock } = options;
  const handler = bound.handlers.get(method.localName);
  const path = `/${bound.descriptor.typeName}/${method.name}`;
  return (call, callback) => {
    const parent = call.metadata.get(ACTIVITY_HEADER)[0];
    const token = clock.activity.begin(
      `${options.name} ${method.name}`,
      parent === undefined ? undefined : Number(parent),
    );
    const startedAt = clock.now();
    const started = clock.wall();
    const gone = new AbortController();
    call.on("cancelled", () => {
      if (!underWay.has(lose)) return; // grpc-js tells it of each stream that closes, also of an answered one
      token.callOff();
      gone.abort(new GrpcError(GrpcStatus.CANCELLED, "context canceled"));
    });
    const left = leftOf(call, clock);
    const deadline = left === undefined ? undefined : clock.deadline(left, { signal: gone.signal });
    const authority = call.getHost();
    const context: ServerCall = {
      signal: deadline?.signal ?? gone.signal,
      deadline,
      authority,
      method: path,
      metadata: metadataOf(call.metadata),
      activity: token,
    };
    const finish = (code: number, details: string, reply: object | undefined, statusDetails?: Uint8Array): void => {
      if (!underWay.delete(lose)) return; // the connection is lost already
      deadline?.[Symbol.dispose]();
      options.onExchange?.({
        side: "server",
        service: bound.descriptor.typeName,
        method: method.name,
        request: call.request,
        response: reply instanceof RawReply ? undefined : reply,
        code,
        details,
        authority,
        deadlineMs: left,
        startedAt,
        tookMs: clock.wall() - started,
      });
      if (reply === undefined) callback({ code, details, metadata: trailersOf(statusDetails) });
      else callback(null, reply);
      token.end();
    };
    const lose = (): void => {
      gone.abort(new GrpcError(GrpcStatus.CANCELLED, "context canceled"));
      finish(GrpcStatus.UNAVAILABLE, CONNECTION_LOST, undefined);
    };
    underWay.add(lose);
    void clock.activity
      .run(token, async () => {
        if (handler === undefined) throw new GrpcError(GrpcStatus.UNIMPLEMENTED, "");
        return await handler(call.request, context);
      })
      .then(
        (reply) =>
          finish(
            GrpcStatus.OK,
            "",
            reply instanceof RawReply ? reply : create(method.output, reply as Record<string, unknown>),
          ),
        (error: unknown) => {
          const status = error instanceof GrpcError ? error : new GrpcError(GrpcStatus.UNKNOWN, messageOf(error));
          finish(status.code, status.details, undefined, status.statusDetails);
        },
      );
  };
}

/** What grpc-timeout left, in milliseconds. The header is relative, so the real clock serves to read it back. */
function leftOf(call: grpc.ServerUnaryCall<object, object>, clock: Clock): number | undefined {
  const exact = clock.activity.isChained ? call.metadata.get(DEADLINE_HEADER)[0] : undefined;
  if (exact !== undefined) return Number(exact);
  const at = call.getDeadline();
  const epoch = at instanceof Date ? at.getTime() : at;
  return Number.isFinite(epoch) ? Math.max(0, Math.round(epoch - clock.wall())) : undefined;
}

function trailersOf(statusDetails: Uint8Array | undefined): grpc.Metadata {
  const metadata = new grpc.Metadata();
  if (statusDetails !== undefined) metadata.set(STATUS_DETAILS, Buffer.from(statusDetails));
  return metadata;
}

function metadataOf(metadata: grpc.Metadata): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [key, value] of Object.entries(metadata.getMap()))
    if (typeof value === "string" && key !== ACTIVITY_HEADER && key !== DEADLINE_HEADER) map.set(key, value);
  return map;
}
