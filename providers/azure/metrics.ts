import { Histogram, Registry } from "prom-client";
import type { Clock } from "../../core/index.ts";
import { type RunningHttpServer, startHttpServer } from "../../net/index.ts";

const NAME = "csi-secrets-store-provider-azure";
/** Seconds. */
const BUCKETS = [0.1, 0.2, 0.3, 0.4, 0.5, 1, 1.5, 2, 2.5, 3, 5, 10, 15, 30];
/** On every series, as the real provider's exporter puts them. */
const COMMON = {
  os_type: "linux",
  otel_scope_name: NAME,
  otel_scope_schema_url: "",
  otel_scope_version: "",
  provider: "azure",
  service_name: NAME,
};

/**
 * The real provider's two histograms. Both bear the whole text of an error as a label, as the real one does; texts of
 * errors hold no secrets.
 */
export class AzureMetrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram;
  readonly #calls: Histogram;

  constructor() {
    const histogram = (name: string, help: string, labels: readonly string[]): Histogram =>
      new Histogram({
        name,
        help,
        buckets: BUCKETS,
        labelNames: [...labels, ...Object.keys(COMMON)].sort(),
        registers: [this.#registry],
      });
    this.#requests = histogram("keyvault_request", "Distribution of how long it took to get from keyvault", [
      "object_type",
      "object_name",
      "error",
    ]);
    this.#calls = histogram("grpc_request", "Distribution of how long it took for the gRPC requests", [
      "grpc_method",
      "grpc_code",
      "grpc_message",
    ]);
  }

  /** One object asked for. @param error empty when it came */
  object(type: string, name: string, error: string, seconds: number): void {
    this.#requests.observe(sorted({ object_type: type, object_name: name, error }), seconds);
  }

  /** One Mount answered. @param message empty for OK */
  mount(code: string, message: string, seconds: number): void {
    const method = "/v1alpha1.CSIDriverProvider/Mount";
    this.#calls.observe(sorted({ grpc_method: method, grpc_code: code, grpc_message: message }), seconds);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...labels, ...COMMON }).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `GET /metrics`, on all interfaces. */
export async function startMetrics(metrics: AzureMetrics, port: number, clock: Clock): Promise<RunningHttpServer> {
  return await startHttpServer({
    clock,
    name: "azure metrics",
    listen: { host: "0.0.0.0", port },
    handler: async (exchange) => {
      if (exchange.path !== "/metrics") exchange.respond(404);
      else exchange.respond(200, { "content-type": "text/plain; version=0.0.4" }, await metrics.text());
    },
  });
}
