import type { Clock } from "../../core/index.ts";
import { createHttpClient, type HttpExchange } from "../../net/index.ts";
import { type FakeServerSpec, type RunningFakeServer, startFakeServer } from "./fake-server.ts";

export type StoreFrontSpec = Omit<FakeServerSpec, "handler" | "adapt" | "seed" | "control" | "controls" | "http2"> & {
  readonly clock: Clock;
  /** Where the store itself listens: `http://127.0.0.1:8200`. */
  readonly storeUrl: string;
  /** Rewrites a body on its way to the store and back, where the store cannot take what a case says. */
  readonly rewrite?: {
    readonly request: (body: string) => string;
    readonly response: (body: string) => string;
  };
};

/** What belongs to one connection, and is not passed on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "host"]);

/**
 * Stands before a store that this project did not write: every exchange is journaled, and faults come before the store,
 * just as with a fake. Whatever is not said otherwise passes through as it is.
 */
export async function startStoreFront(spec: StoreFrontSpec): Promise<RunningFakeServer> {
  const { storeUrl, rewrite, ...rest } = spec;
  const http = createHttpClient({ clock: spec.clock });
  const server = await startFakeServer({
    ...rest,
    handler: async (exchange) => {
      const body = exchange.headers["content-length"] === undefined ? undefined : await exchange.body();
      const answer = await http.request({
        method: exchange.method,
        url: `${storeUrl}${exchange.raw.request.url}`,
        headers: passedOn(exchange),
        signal: exchange.signal,
        ...(body !== undefined && { body: rewrite?.request(body.toString("utf8")) ?? body }),
      });
      const headers = Object.entries(answer.headers).filter(
        (header): header is [string, string | string[]] => header[1] !== undefined && !HOP_BY_HOP.has(header[0]),
      );
      const text = rewrite?.response(answer.body.toString("utf8"));
      exchange.respond(answer.status, Object.fromEntries(headers), text ?? answer.body);
    },
  });
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  };
}

function passedOn(exchange: HttpExchange): Record<string, string> {
  return Object.fromEntries(
    Object.entries(exchange.headers).filter(
      (header): header is [string, string] => typeof header[1] === "string" && !HOP_BY_HOP.has(header[0]),
    ),
  );
}
