import {
  createServer as createHttp1,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Http2ServerRequest } from "node:http2";
import * as http2 from "node:http2";
import { createServer as createHttps, type ServerOptions } from "node:https";
import { createServer as createTcp, type Server } from "node:net";
import { createServer as createTls, type TlsOptions } from "node:tls";

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export type ListenerParts = {
  readonly settings: ServerOptions;
  readonly tls: { readonly certPem: string; readonly keyPem: string; readonly clientCaPem?: string } | undefined;
  readonly http2: boolean;
  readonly listener: Listener;
};

/** What listens, and the part of it that speaks HTTP/1.1; one and the same where nothing else is spoken. */
export type PortListener = { readonly server: Server; readonly http1: Server };

/** A client that speaks HTTP/2 without TLS begins with `PRI * HTTP/2.0` (RFC 9113, 3.4). */
const PREFACE = "PRI";

/** Makes the server of a port; nothing listens yet. */
export function createListener({ settings, tls, http2: speaksHttp2, listener }: ListenerParts): PortListener {
  const secrets: TlsOptions | undefined = tls && {
    cert: tls.certPem,
    key: tls.keyPem,
    ...(tls.clientCaPem !== undefined && { ca: tls.clientCaPem, requestCert: true, rejectUnauthorized: false }),
  };
  if (!speaksHttp2) {
    const server =
      secrets === undefined ? createHttp1(settings, listener) : createHttps({ ...settings, ...secrets }, listener);
    return { server, http1: server };
  }
  const http1 = createHttp1(settings, listener);
  // Node's HTTP/2 requests and responses have the shape of the old ones where this project uses them.
  const newer = http2.createServer({}, listener as never);
  newer.on("sessionError", () => {}); // a session that breaks ends its streams, and those tell
  if (secrets !== undefined) {
    const server = createTls({ ...secrets, ALPNProtocols: ["h2", "http/1.1"] }, (socket) => {
      socket.on("error", () => {});
      (socket.alpnProtocol === "h2" ? newer : http1).emit("connection", socket);
    });
    return { server, http1 };
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
      (first.toString("latin1", 0, PREFACE.length) === PREFACE ? newer : http1).emit("connection", socket);
    };
    socket.once("readable", look);
  });
  return { server, http1 };
}

/** Headers by their HTTP/1.1 names: HTTP/2 calls the host `:authority`. */
export function headersOf(request: IncomingMessage): IncomingHttpHeaders {
  const authority = (request.headers as IncomingHttpHeaders & { ":authority"?: string })[":authority"];
  return authority === undefined ? request.headers : { ...request.headers, host: request.headers.host ?? authority };
}

/** Cuts the connection that a request came on, with all that it carries. */
export function cutConnection(request: IncomingMessage): void {
  const stream = (request as unknown as Partial<Http2ServerRequest>).stream;
  if (stream === undefined) request.socket.destroy();
  else stream.session?.destroy();
}
