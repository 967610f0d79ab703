import type { Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";
import type { Agent } from "undici";
import { createDialer, type Dialer, loopbackResolver } from "./dialer.ts";

/** How connections are made and whom they trust. */
export type ConnectionOptions = {
  /** Trusted CAs; Node's own when left out. */
  readonly caPem?: string;
  /** How names become connections. Default: loopback and nothing else. */
  readonly dialer?: Dialer;
  readonly clientCertificate?: { readonly certPem: string; readonly keyPem: string };
  /** Checks the server's certificate against this name in place of the URL's. */
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
  /** Connections per origin; default 128. */
  readonly connections?: number;
};

/**
 * undici's agent over our dialer. Loaded by the first request, and its module alone: the package's entry
 * brings fetch, WebSocket and caches along and takes 90 ms in place of 25.
 */
export async function createAgent(options: ConnectionOptions): Promise<Agent> {
  const { default: AgentClass } = await import("undici/lib/dispatcher/agent.js");
  const dial = options.dialer ?? createDialer({ resolvers: [loopbackResolver] });
  const secure = securer(options);
  return new AgentClass({
    connections: options.connections ?? 128,
    pipelining: 1,
    headersTimeout: 0, // deadlines run on the clock
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
    connect: (target, callback) => {
      const isTls = target.protocol === "https:";
      const host = target.hostname.replace(/^\[|\]$/g, "");
      dial(host, Number(target.port) || (isTls ? 443 : 80))
        .then((socket) => (isTls ? secure(socket, host, target.port) : socket))
        .then(
          (socket) => callback(null, socket),
          (error: Error) => callback(error, null),
        );
    },
  });
}

/**
 * Makes TLS of sockets. What a handshake needs is read once, and a server that was met before is met by its session:
 * a client with many watches opens many connections.
 */
function securer(options: ConnectionOptions): (socket: Socket, host: string, port: string) => Promise<Socket> {
  const sessions = new Map<string, Buffer>();
  let context: SecureContext | undefined;
  return (socket, host, port) =>
    new Promise((resolve, reject) => {
      context ??= createSecureContext({
        ...(options.caPem !== undefined && { ca: options.caPem }),
        ...(options.clientCertificate !== undefined && {
          cert: options.clientCertificate.certPem,
          key: options.clientCertificate.keyPem,
        }),
      });
      const name = options.serverName ?? host;
      const server = `${host}:${port}`;
      const session = sessions.get(server);
      const secured = connectTls(
        {
          socket,
          host: name,
          // RFC 6066: a server name is never an address.
          ...(!/^[\d.]+$|:/.test(name) && { servername: name }),
          ALPNProtocols: ["http/1.1"],
          secureContext: context,
          rejectUnauthorized: options.insecureSkipVerify !== true,
          ...(session !== undefined && { session }),
        },
        () => resolve(secured),
      );
      secured.on("session", (fresh: Buffer) => sessions.set(server, fresh));
      secured.once("error", (error) => {
        sessions.delete(server);
        socket.destroy();
        reject(error);
      });
    });
}
