import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Http2Server, Http2ServerRequest, ServerHttp2Session } from "node:http2";
import { createServer as createHttps, type ServerOptions } from "node:https";
import { createServer as createTcp, type Server, type Socket } from "node:net";
import { createServer as createTls, type TlsOptions } from "node:tls";
import { nodeHttp } from "./node-http.ts";
import type { ServerTls } from "./server-tls.ts";

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export type ListenerParts = {
  readonly settings: ServerOptions;
  readonly tls: ServerTls | undefined;
  readonly http2: Http2Options | undefined;
  readonly listener: Listener;
};

export type Http2Options = {
  /** Requests at once on one connection; the client waits, or opens another. No limit when left out. */
  readonly maxConcurrentStreams?: number;
};

/** As long as an idle connection of HTTP/1.1 is kept, and an upload that stands still. */
const IDLE_SESSION_MS = 150_000;
const IDLE_UPLOAD_MS = 60_000;
const MAX_HEADER_BYTES = 1024 * 1024;

export type PortListener = {
  readonly server: Server;
  /** The part of it that speaks HTTP/1.1; the server itself where nothing else is spoken. */
  readonly http1: Server;
  /** Tells the clients of HTTP/2 that this is the end (GOAWAY), so that they do not take it for a failure. */
  readonly leave: () => Promise<void>;
};

/** A client that speaks HTTP/2 without TLS begins with `PRI * HTTP/2.0` (RFC 9113, 3.4). */
const PREFACE = "PRI";

/** Makes the server of a port; nothing listens yet. */
export function createListener({ settings, tls, http2: newerOptions, listener }: ListenerParts): PortListener {
  const secrets: TlsOptions | undefined = tls && {
    cert: tls.certPem,
    key: tls.keyPem,
    ...(tls.ticketKeys !== undefined && { ticketKeys: tls.ticketKeys }),
    ...(tls.clientCaPem !== undefined && { ca: tls.clientCaPem, requestCert: true, rejectUnauthorized: false }),
  };
  if (newerOptions === undefined) {
    const server =
      secrets === undefined
        ? nodeHttp.createServer(settings, listener)
        : createHttps({ ...settings, ...secrets }, listener);
    return { server, http1: server, leave: async () => {} };
  }
  const http1 = nodeHttp.createServer(settings, listener);
  // It listens nowhere itself, so that somebody must tell it when to begin, and end, to look for slow senders.
  const watchSlowSenders = (server: Server): void => {
    server.once("listening", () => http1.emit("listening"));
    server.once("close", () => http1.close());
  };
  const { take: takeNewer, leave } = createHttp2(newerOptions, listener);
  if (secrets !== undefined) {
    // A stream's headers and data are written one after the other; the second must not wait 40 ms for a delayed ACK.
    const server = createTls({ noDelay: true, ...secrets, ALPNProtocols: ["h2", "http/1.1"] }, (socket) => {
      socket.on("error", () => {});
      if (socket.alpnProtocol === "h2") takeNewer(socket);
      else http1.emit("connection", socket);
    });
    watchSlowSenders(server);
    return { server, http1, leave };
  }
  const server = createTcp({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    const look = (): void => {
      const first = socket.read() as Buffer | null;
      if (first === null) {
        if (!socket.readableEnded && !socket.destroyed) socket.once("readable", look);
        return;
      }
      socket.unshift(first);
      if (first.toString("latin1", 0, PREFACE.length) === PREFACE) takeNewer(socket);
      else http1.emit("connection", socket);
    };
    socket.once("readable", look);
  });
  watchSlowSenders(server);
  return { server, http1, leave };
}

/**
 * Node's HTTP/2 requests and responses have the shape of the old ones where this project uses them. The server, and
 * Node's module with it, is made by the first connection: many processes never see one.
 */
function createHttp2(
  options: Http2Options,
  listener: Listener,
): { readonly take: (socket: Socket) => void; readonly leave: () => Promise<void> } {
  const sessions = new Set<ServerHttp2Session>();
  let server: Http2Server | undefined;
  const take = (socket: Socket): void => {
    server ??= http2Server(options, listener, sessions);
    server.emit("connection", socket);
  };
  const leave = async (): Promise<void> => {
    if (sessions.size === 0) return;
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => setImmediate(resolve)); // the frames leave before the sockets are cut
  };
  return { take, leave };
}

const nodeHttp2 = (): typeof import("node:http2") => process.getBuiltinModule("node:http2");

function http2Server(
  { maxConcurrentStreams }: Http2Options,
  listener: Listener,
  sessions: Set<ServerHttp2Session>,
): Http2Server {
  const { createServer, constants } = nodeHttp2();
  const settings = {
    maxHeaderListSize: MAX_HEADER_BYTES,
    ...(maxConcurrentStreams !== undefined && { maxConcurrentStreams }),
  };
  const server = createServer({ settings }, listener as never);
  server.on("sessionError", () => {}); // a session that breaks ends its streams, and those tell
  server.on("session", (session) => {
    let open = 0;
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("stream", (stream, _headers, flags) => {
      open++;
      stream.on("close", () => open--);
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) return;
      stream.setTimeout(IDLE_UPLOAD_MS, () => stream.close(constants.NGHTTP2_CANCEL));
      stream.once("end", () => stream.setTimeout(0));
    });
    // A watch may be silent for as long as it likes: only who asks for nothing is sent away.
    session.setTimeout(IDLE_SESSION_MS, () => {
      if (open === 0) session.close();
    });
  });
  return server;
}

/** Headers by their HTTP/1.1 names: HTTP/2 calls the host `:authority`. */
export function headersOf(request: IncomingMessage): IncomingHttpHeaders {
  const authority = (request.headers as IncomingHttpHeaders & { ":authority"?: string })[":authority"];
  return authority === undefined ? request.headers : { ...request.headers, host: request.headers.host ?? authority };
}

/** Ends one exchange in the middle; others that share its connection go on. */
export function cutExchange(request: IncomingMessage): void {
  const stream = (request as unknown as Partial<Http2ServerRequest>).stream;
  if (stream === undefined) request.socket.destroy();
  else stream.close(nodeHttp2().constants.NGHTTP2_INTERNAL_ERROR);
}

/** Cuts the connection that a request came on, with all that it carries. */
export function cutConnection(request: IncomingMessage): void {
  const stream = (request as unknown as Partial<Http2ServerRequest>).stream;
  if (stream === undefined) request.socket.destroy();
  else stream.session?.destroy();
}
