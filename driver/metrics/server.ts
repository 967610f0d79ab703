import type { Clock } from "../../core/index.ts";
import { type ListenAt, type RunningHttpServer, startHttpServer } from "../../net/index.ts";
import type { Registry } from "./registry.ts";

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/**
 * `GET /metrics` over plain HTTP, without authentication, as upstream serves it.
 * @param address `:8095`, `127.0.0.1:0`
 */
export async function startMetricsServer(
  address: ListenAt,
  registry: Registry,
  clock: Clock,
): Promise<RunningHttpServer> {
  return await startHttpServer({
    clock,
    name: "driver metrics",
    listen: address,
    handler: (exchange) => {
      const isRead = exchange.method === "GET" || exchange.method === "HEAD";
      if (exchange.path !== "/metrics") exchange.respond(404, { "content-type": "text/plain" }, "404 page not found\n");
      else if (!isRead) exchange.respond(405, { allow: "GET, HEAD" });
      else exchange.respond(200, { "content-type": CONTENT_TYPE }, registry.text());
    },
  });
}
