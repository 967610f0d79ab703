import { type Clock, isMountproofError, type Log, messageOf } from "../../core/index.ts";
import { startHttpServer } from "../../net/index.ts";
import { Health } from "../../wire/gen/health_pb.ts";
import { grpcClient } from "../../wire/grpc/index.ts";

export type HealthzSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly socketPath: string;
  /** On all interfaces, as kubelet's probes need it; 0 for any free one. */
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
};

/** The port that the DaemonSet's liveness probe asks: it calls the provider's own socket. A taken port is left alone. */
export async function startHealthz(spec: HealthzSpec): Promise<AsyncDisposable> {
  const { clock, log, socketPath, port, path, timeoutMs } = spec;
  try {
    const server = await startHttpServer({
      clock,
      name: "healthz",
      listen: { host: "0.0.0.0", port },
      handler: async (exchange) => {
        if (exchange.path !== path) return exchange.respond(404);
        try {
          using client = grpcClient(Health, { clock, target: { path: socketPath } });
          await client.check({}, { deadlineMs: timeoutMs });
          exchange.respond(200, { "content-type": "text/plain; charset=utf-8" }, "ok");
        } catch (error) {
          exchange.respond(503, { "content-type": "text/plain; charset=utf-8" }, `${messageOf(error)}\n`);
        }
      },
    });
    log.info("probes are answered", { port: server.port, path });
    return server;
  } catch (error) {
    if (!isMountproofError(error, "address_in_use")) throw error;
    log.warn("the port for probes is taken", { port, why: error.message });
    return { [Symbol.asyncDispose]: async () => {} };
  }
}
