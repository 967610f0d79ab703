import { rm } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { type ActivityToken, type Clock, MountproofError, messageOf } from "../core/index.ts";
import { type ClientCertificate, certificateOf } from "./client-certificate.ts";
import { methodOf, serveExtraMethod } from "./extra-methods.ts";
import { createListener, cutConnection, cutExchange, type Http2Options, headersOf } from "./http-protocols.ts";
import type { ServerTls } from "./server-tls.ts";

/** One request and the means to answer it. Exactly one of respond, json and stream is called. */
export type HttpExchange = {
  readonly method: string;
  /** Decoded once; as sent in `rawPath`. */
  readonly path: string;
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string;
  /** Undefined without TLS, without a certificate, or with one that the trusted CA did not issue. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** Aborts when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /** The exchange's token; it ends with the answer, for a stream when the stream begins. */
  readonly activity: ActivityToken;
  /** The whole body. @throws MountproofError `resource_exhausted` over the server's limit */
  body(): Promise<Buffer>;
  respond(status: number, headers?: Readonly<Record<string, string | string[]>>, body?: string | Uint8Array): void;
  json(status: number, value: unknown, headers?: Readonly<Record<string, string | string[]>>): void;
  /** Sends the head at once and leaves the body open. */
  stream(status: number, headers?: Readonly<Record<string, string | string[]>>): StreamWriter;
  /** Cuts the connection without an answer (a fault). */
  destroy(): void;
  /** Breaks off this exchange alone: others that share an HTTP/2 connection go on. */
  reset(): void;
  /** The bare request and response, for upgrades and faults below HTTP. */
  readonly raw: { readonly request: IncomingMessage; readonly response: ServerResponse };
};

export type StreamWriter = {
  /** False when the client reads slower than is written; `drained` then resolves when it caught up. */
  write(chunk: string | Uint8Array): boolean;
  readonly drained: () => Promise<void>;
  end(chunk?: string | Uint8Array): void;
};

export type HttpHandler = (exchange: HttpExchange) => void | Promise<void>;

/** Opens listening sockets somewhere else than in this process's own network. */
export interface ListenPlace {
  /** @returns a descriptor @throws Error with `code`, for example EADDRINUSE */
  listen(host: string, port: number): number;
}

export type ListenAt = { readonly host?: string; readonly port?: number; readonly place?: ListenPlace };

export type HttpServerOptions = {
  readonly clock: Clock;
  /** Names the server in errors and activity: `apiserver`, `fake/vault`. */
  readonly name: string;
  /** Loopback and any free port unless told otherwise. */
  readonly listen?: ListenAt | { readonly path: string };
  /** With `clientCaPem` clients may show a certificate; one that does not check out counts as none. */
  readonly tls?: ServerTls;
  /** Serves HTTP/2 on the same port, too: by ALPN behind TLS, by its preface without. Off by default. */
  readonly http2?: boolean | Http2Options;
  readonly handler: HttpHandler;
  /** Methods beside those that Node knows, such as Vault's LIST; over HTTP/1.1, without a body. */
  readonly extraMethods?: readonly string[];
  /** Upgrade requests (exec, port-forward); without it they are refused. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
  /** CONNECT requests, to a proxy; without it their connections are cut. */
  readonly onConnect?: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
  /** Largest request body in bytes; 3 MiB, a real API server's limit, when left out. */
  readonly maxBodyBytes?: number;
};

export interface RunningHttpServer extends AsyncDisposable {
  /** `https://127.0.0.1:41234`; for a socket `http+unix:` and its path. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

const DEFAULT_MAX_BODY = 3 * 1024 * 1024;
/** Go's clients keep idle connections for 90 s: closing first would race with their next request. */
const KEEP_ALIVE_MS = 150_000;
const HEADERS_TIMEOUT_MS = 30_000;
/** From a request's first byte to its last: who sends one byte at a time is cut off. Answers may take any time. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Go's servers read up to 1 MiB of headers; Node alone would stop at 16 KiB. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** sockaddr_un holds 108 bytes, one of them the terminator. */
const MAX_SOCKET_PATH = 107;
/** Connections that wait to be taken up: a thousand kubelets come at once. The system allows fewer or more. */
const BACKLOG = 4096;
const ACTIVITY_HEADER = "x-mountproof-activity";

/**
 * Serves HTTP/1.1 and, where asked for, HTTP/2, plain or TLS, on loopback or a Unix socket. An exchange holds an activity token until it is
 * answered. Disposal cuts what is open, so nothing hangs.
 * @throws MountproofError `address_in_use` for a taken port, `environment` when it cannot listen otherwise
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const { clock, tls, name } = options;
  const listener = (request: IncomingMessage, response: ServerResponse): void => serve(options, request, response);
  const settings = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  };
  const http2 = options.http2 === true ? {} : options.http2 === false ? undefined : options.http2;
  const { server, http1, leave } = createListener({ settings, tls, http2, listener });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  http1.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (serveExtraMethod(http1, socket, error, options.extraMethods ?? [])) return;
    if (socket.writable) socket.end(`HTTP/1.1 ${refusalOf(error.code)}\r\nConnection: close\r\n\r\n`);
  });
  if (options.onUpgrade !== undefined) http1.on("upgrade", options.onUpgrade);
  if (options.onConnect !== undefined) http1.on("connect", options.onConnect);
  const listen = options.listen ?? {};
  if ("path" in listen) {
    checkSocketPath(name, listen.path);
    await rm(listen.path, { force: true });
  }
  await clock.activity.track(`${name} starts to listen`, () => bind(server, name, listen));
  const scheme = tls === undefined ? "http" : "https";
  const { address, port } = "path" in listen ? { address: listen.path, port: 0 } : (server.address() as AddressInfo);
  return {
    url: "path" in listen ? `${scheme}+unix:${listen.path}` : `${scheme}://${reachable(address)}:${port}`,
    host: address,
    port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await leave();
      for (const socket of sockets) socket.destroy();
      await closed;
      if ("path" in listen) await rm(listen.path, { force: true });
    },
  };
}

/** Who listens on every address is met at loopback: all addresses at once are nowhere to go to. */
function reachable(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  if (address === "::") return "[::1]";
  return address.includes(":") ? `[${address}]` : address;
}

function bind(server: Server, name: string, listen: NonNullable<HttpServerOptions["listen"]>): Promise<void> {
  const named = "path" in listen ? listen.path : `${listen.host ?? "127.0.0.1"}:${listen.port ?? 0}`;
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      reject(
        new MountproofError(isTaken ? "address_in_use" : "environment", {
          message: `${name} cannot listen on "${named}": ${error.message}`,
          hint: isTaken
            ? "another program listens there; stop it or choose another port"
            : "does the address or folder exist, and may you use it?",
          culprit: { server: name, address: named },
          cause: error,
        }),
      );
    });
    if ("place" in listen && listen.place !== undefined) {
      try {
        server.listen({ fd: listen.place.listen(listen.host ?? "0.0.0.0", listen.port ?? 0) }, () => resolve());
      } catch (error) {
        server.emit("error", error);
      }
      return;
    }
    const place =
      "path" in listen ? { path: listen.path } : { port: listen.port ?? 0, host: listen.host ?? "127.0.0.1" };
    server.listen({ ...place, backlog: BACKLOG }, () => resolve());
  });
}

function serve(options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const { clock, name } = options;
  const method = methodOf(request);
  const parent = request.headers[ACTIVITY_HEADER];
  delete request.headers[ACTIVITY_HEADER];
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const token = clock.activity.begin(`${name} ${method} ${rawPath}`, parent === undefined ? undefined : Number(parent));
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) {
      token.callOff();
      gone.abort(new MountproofError("cancelled", { message: "the client went away" }));
    }
    token.end();
  });
  response.on("finish", () => token.end());
  const head = (status: number, headers: Readonly<Record<string, string | string[]>> = {}): void => {
    response.writeHead(status, headers as Record<string, string | string[]>);
  };
  let body: Promise<Buffer> | undefined;
  const exchange: HttpExchange = {
    method,
    path: decodePath(rawPath),
    rawPath,
    query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)),
    headers: headersOf(request),
    remoteAddress: request.socket.remoteAddress ?? "",
    clientCertificate: certificateOf(request, options.tls?.clientCaPem),
    signal: gone.signal,
    activity: token,
    raw: { request, response },
    body: () => {
      body ??= readBody(request, options.maxBodyBytes ?? DEFAULT_MAX_BODY);
      return body;
    },
    respond: (status, headers, body) => {
      const bytes = body === undefined ? undefined : typeof body === "string" ? Buffer.from(body) : body;
      head(status, bytes === undefined ? headers : { ...headers, "content-length": String(bytes.length) });
      response.end(bytes);
    },
    json: (status, value, headers) =>
      exchange.respond(status, { "content-type": "application/json", ...headers }, JSON.stringify(value)),
    stream: (status, headers) => {
      head(status, headers);
      response.flushHeaders();
      token.end();
      return {
        write: (chunk) => response.write(chunk),
        drained: () =>
          response.writableNeedDrain
            ? new Promise<void>((resolve) => response.once("drain", resolve))
            : Promise.resolve(),
        end: (chunk) => void response.end(chunk),
      };
    },
    destroy: () => cutConnection(request),
    reset: () => cutExchange(request),
  };
  const fail = (error: unknown): void => {
    if (response.headersSent) return void response.destroy();
    const isTooLarge = error instanceof MountproofError && error.code === "resource_exhausted";
    exchange.respond(
      isTooLarge ? 413 : 500,
      // The rest of a body that is too large is not worth reading for the sake of the connection.
      {
        "content-type": "text/plain; charset=utf-8",
        ...(isTooLarge && request.httpVersionMajor < 2 && { connection: "close" }),
      },
      isTooLarge ? messageOf(error) : "internal error",
    );
  };
  try {
    const done = clock.activity.run(token, () => options.handler(exchange));
    if (done instanceof Promise) done.catch(fail);
  } catch (error) {
    fail(error);
  }
}

/** What Go's net/http and Node's own handler say to what is not HTTP. */
function refusalOf(code: string | undefined): string {
  if (code === "HPE_HEADER_OVERFLOW") return "431 Request Header Fields Too Large";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "408 Request Timeout";
  return "400 Bad Request";
}

function checkSocketPath(server: string, path: string): void {
  const length = Buffer.byteLength(path);
  if (length > MAX_SOCKET_PATH)
    throw new MountproofError("invalid_config", {
      message: `socket path "${path}" has ${length} bytes, at most ${MAX_SOCKET_PATH} fit`,
      hint: "use a shorter folder, for example below /tmp",
      culprit: { server },
    });
}

/** A path that is not valid percent-encoding is kept as sent: what it names does not exist anyway. */
function decodePath(raw: string): string {
  if (!raw.includes("%")) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = (): void => {
      request.off("data", onData);
      reject(
        new MountproofError("resource_exhausted", {
          message: `request body is larger than ${limit} bytes`,
          hint: "send less at once",
        }),
      );
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) refuse();
      else chunks.push(chunk);
    };
    const leave = (): void =>
      reject(new MountproofError("cancelled", { message: "the client went away before its request was complete" }));
    if (Number(request.headers["content-length"] ?? 0) > limit) return refuse();
    if (request.destroyed) return leave();
    request.on("data", onData);
    request.on("end", () => {
      request.off("close", leave); // every request closes: an error for each would cost its stack
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    // After the end nobody listens any more: a promise is settled once.
    request.on("error", reject);
    request.on("close", leave);
  });
}
