import type { Clock } from "../../core/index.ts";
import {
  FaultPlan,
  type HttpExchange,
  type HttpHandler,
  type HttpServerOptions,
  type Journal,
  type RunningHttpServer,
  startHttpServer,
  withFaults,
} from "../../net/index.ts";
import { CONTROL_ROOT, type Controls, controlHandler, type Seed } from "./control.ts";

export type FakeServerSpec = {
  readonly clock: Clock;
  /** `fake/vault`: how journal and errors call it. */
  readonly name: string;
  readonly listen?: HttpServerOptions["listen"];
  readonly tls?: HttpServerOptions["tls"];
  /** Speaks HTTP/2 on the same port, too. */
  readonly http2?: boolean;
  readonly journal: Journal;
  /** What goes wrong, if several servers of one store share it. */
  readonly faults?: FaultPlan;
  /** How an exchange is answered before faults meet it: a protocol that puts its status elsewhere than HTTP does. */
  readonly adapt?: (exchange: HttpExchange) => HttpExchange;
  /** Answers as the store does. */
  readonly handler: HttpHandler;
  /**
   * What the exchange asks for, for stores whose requests all go to one path: journal and faults know it by this name,
   * `secretsmanager/GetSecretValue` for example. Method and path when left out.
   */
  readonly operationOf?: (exchange: HttpExchange) => Promise<string>;
  /** What the journal keeps of an exchange besides method, path and status; never a value. */
  readonly describe?: (exchange: HttpExchange) => Readonly<Record<string, unknown>>;
  /** Methods that Node does not know, such as LIST. */
  readonly extraMethods?: readonly string[];
  /** Puts things into the store, by the control API; without it seeding is refused with 501. */
  readonly seed?: Seed;
  /** Serve the control API on the store's own port, below `/_mountproof/`: for a fake that runs alone. */
  readonly control?: boolean;
  /** What only this kind of store can be told, by the control API. */
  readonly controls?: Controls;
};

export type RunningFakeServer = RunningHttpServer & { readonly faults: FaultPlan };

/**
 * What every fake store's server shares: each exchange is journaled, faults come before the store, and the control
 * API stands beside it.
 */
export async function startFakeServer(spec: FakeServerSpec): Promise<RunningFakeServer> {
  const { clock, journal, name, handler, describe, operationOf } = spec;
  const faults = spec.faults ?? new FaultPlan();
  const asked = new WeakMap<HttpExchange, string>();
  const faulty = withFaults({ faults, clock, pathOf: (exchange) => asked.get(exchange) ?? exchange.path }, handler);
  const journaled: HttpHandler = async (exchange) => {
    const named = await operationOf?.(exchange);
    const adapted = spec.adapt?.(exchange) ?? exchange;
    if (named !== undefined) asked.set(adapted, named);
    const operation = named ?? `${exchange.method} ${exchange.path}`;
    const end = journal.begin({ seam: "store", server: name, operation });
    const { response } = exchange.raw;
    let isTold = false;
    const tell = (): void => {
      if (isTold) return;
      isTold = true;
      const query = exchange.query.toString();
      end(response.headersSent ? String(response.statusCode) : "no answer", {
        ...(query !== "" && { query }),
        ...describe?.(exchange),
      });
    };
    // Before the client can act on the answer: what it does next comes after this entry.
    response.once("finish", tell).once("close", tell);
    await faulty(adapted);
  };
  const control =
    spec.control === true
      ? controlHandler({
          faults,
          journal,
          ...(spec.seed && { seed: spec.seed }),
          ...(spec.controls && { controls: spec.controls }),
        })
      : undefined;
  const server = await startHttpServer({
    clock,
    name,
    ...(spec.listen !== undefined && { listen: spec.listen }),
    ...(spec.tls !== undefined && { tls: spec.tls }),
    ...(spec.http2 !== undefined && { http2: spec.http2 }),
    ...(spec.extraMethods !== undefined && { extraMethods: spec.extraMethods }),
    handler: (exchange) =>
      control !== undefined && exchange.path.startsWith(CONTROL_ROOT) ? control(exchange) : journaled(exchange),
  });
  return { ...server, faults };
}
