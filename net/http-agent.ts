import type { Agent } from "undici";
import { createDialer, type Dialer, loopbackResolver } from "./dialer.ts";
import { securer, type TlsClientOptions } from "./tls-client.ts";

/** How connections are made and whom they trust. */
export type ConnectionOptions = TlsClientOptions & {
  /** How names become connections. Default: loopback and nothing else. */
  readonly dialer?: Dialer;
  /** Connections per origin that requests share; default 128. A stream has one of its own, however many there are. */
  readonly connections?: number;
};

/**
 * undici's agent over our dialer. Loaded by the first request, and its module alone: the package's entry
 * brings fetch, WebSocket and caches along and takes 90 ms in place of 25.
 */
export async function createAgent(options: ConnectionOptions, use: "requests" | "streams"): Promise<Agent> {
  const { default: AgentClass } = await import("undici/lib/dispatcher/agent.js");
  const dial = options.dialer ?? createDialer({ resolvers: [loopbackResolver] });
  const secure = securer(options, "http/1.1");
  return new AgentClass({
    connections: use === "streams" ? null : (options.connections ?? 128),
    pipelining: 1,
    headersTimeout: 0, // deadlines run on the clock
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
    connect: (target, callback) => {
      const isTls = target.protocol === "https:";
      const host = target.hostname.replace(/^\[|\]$/g, "");
      dial(host, Number(target.port) || (isTls ? 443 : 80))
        .then((socket) => (isTls ? secure(socket, host) : socket))
        .then(
          (socket) => callback(null, socket),
          (error: Error) => callback(error, null),
        );
    },
  });
}
