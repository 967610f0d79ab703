import type { Clock } from "../../../core/index.ts";
import {
  createHttpClient,
  FaultPlan,
  type HttpClient,
  type HttpExchange,
  type RunningHttpServer,
  startHttpServer,
  withFaults,
} from "../../../net/index.ts";

/** A request as it came in. Its body and token may be secret: they are compared, never shown. */
export type TappedRequest = {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "host"]);

/** Stands before Vault: keeps each request whole, answers what a case scripts, and passes on the rest. */
export class VaultTap implements AsyncDisposable {
  readonly faults = new FaultPlan();
  readonly requests: TappedRequest[] = [];
  readonly #vaultUrl: string;
  readonly #http: HttpClient;
  #server: RunningHttpServer | undefined;

  private constructor(clock: Clock, vaultUrl: string) {
    this.#vaultUrl = vaultUrl;
    this.#http = createHttpClient({ clock });
  }

  static async start(clock: Clock, vaultUrl: string): Promise<VaultTap> {
    const tap = new VaultTap(clock, vaultUrl);
    const answer = withFaults({ faults: tap.faults, clock }, (exchange) => tap.#pass(exchange));
    tap.#server = await startHttpServer({
      clock,
      name: "vault",
      handler: async (exchange) => {
        await tap.#keep(exchange);
        await answer(exchange);
      },
    });
    return tap;
  }

  /** `http://127.0.0.1:41234` */
  get url(): string {
    return this.#server?.url ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.#http[Symbol.asyncDispose]();
  }

  async #keep(exchange: HttpExchange): Promise<void> {
    const { method, headers } = exchange;
    const target = exchange.raw.request.url ?? exchange.rawPath;
    this.requests.push({ method, target, headers, body: (await exchange.body()).toString() });
  }

  async #pass(exchange: HttpExchange): Promise<void> {
    const headers = Object.fromEntries(
      Object.entries(exchange.headers).filter(
        (header): header is [string, string] => typeof header[1] === "string" && !HOP_BY_HOP.has(header[0]),
      ),
    );
    const answer = await this.#http.request({
      method: exchange.method,
      url: `${this.#vaultUrl}${exchange.raw.request.url}`,
      headers,
      signal: exchange.signal,
      ...(exchange.headers["content-length"] !== undefined && { body: await exchange.body() }),
    });
    const kept = Object.entries(answer.headers).filter(
      (header): header is [string, string | string[]] => header[1] !== undefined && !HOP_BY_HOP.has(header[0]),
    );
    exchange.respond(answer.status, Object.fromEntries(kept), answer.body);
  }
}
