import type { ActivityToken, Clock } from "../core/index.ts";
import type { HttpExchange, HttpHandler } from "./http-server.ts";

/** What happens to an exchange that meets a fault. */
export type FaultEffect =
  /** Answers as usual, `ms` later on the clock. */
  | { readonly kind: "latency"; readonly ms: number }
  /** Answers nothing until the fault is removed; virtual time passes meanwhile. */
  | { readonly kind: "hang" }
  /** Cuts the connection without a byte. */
  | { readonly kind: "reset" }
  /** Answers this, and never asks the server. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Sends the head and the first `bytes` of the body, then cuts the connection. */
  | { readonly kind: "partial-body"; readonly bytes: number }
  /** Answers as usual under another content type and, if given, with another body. */
  | { readonly kind: "content-type"; readonly contentType: string; readonly body?: string };

/** Which exchanges a fault meets; what is left out matches all. */
export type FaultMatch = {
  /** HTTP verb, or gRPC method: `POST`, `/csi.v1.Node/NodePublishVolume`. */
  readonly method?: string;
  /** Exact, or with `*` for any run of characters: `/v1/secret/data/*`. */
  readonly path?: string;
};

/** Plain data, so that a control API can take it as JSON. */
export type Fault = {
  readonly effect: FaultEffect;
  readonly match?: FaultMatch;
  /** Meets this many exchanges, then no more; all when left out. */
  readonly times?: number;
  /** Lets this many pass first. */
  readonly after?: number;
};

/** A fault that was set. Removing it lets go on what hangs by it. */
export type ActiveFault = Disposable & {
  readonly fault: Fault;
  /** Exchanges it has met so far. */
  readonly hits: number;
  remove(): void;
};

/** A fault as the exchange that met it sees it. */
export type MetFault = { readonly effect: FaultEffect; readonly removed: Promise<void> };

/**
 * What shall go wrong, and how often. A server consults it once an exchange; of several that match, the one set
 * first and not yet used up wins.
 *
 * @example
 * const faults = new FaultPlan();
 * faults.add({ match: { path: "/v1/secret/data/*" }, times: 2, effect: { kind: "status", status: 503 } });
 * startHttpServer({ handler: withFaults({ faults, clock }, handler), … });
 */
export class FaultPlan {
  readonly #active: Entry[] = [];

  add(fault: Fault): ActiveFault {
    const entry = new Entry(fault, () => {
      const at = this.#active.indexOf(entry);
      if (at >= 0) this.#active.splice(at, 1);
    });
    this.#active.push(entry);
    return entry;
  }

  /** Removes all. */
  clear(): void {
    for (const entry of [...this.#active]) entry.remove();
  }

  list(): readonly ActiveFault[] {
    return [...this.#active];
  }

  /** The fault this exchange meets, counted as met; undefined when all is well. */
  take(exchange: { readonly method: string; readonly path?: string }): MetFault | undefined {
    return this.#active.find((entry) => entry.meets(exchange))?.met;
  }
}

class Entry implements ActiveFault {
  readonly fault: Fault;
  readonly met: MetFault;
  readonly #forget: () => void;
  readonly #path: RegExp | undefined;
  readonly #removed = Promise.withResolvers<void>();
  #seen = 0;
  #hits = 0;

  constructor(fault: Fault, forget: () => void) {
    this.fault = fault;
    this.met = { effect: fault.effect, removed: this.#removed.promise };
    this.#forget = forget;
    this.#path = fault.match?.path === undefined ? undefined : globOf(fault.match.path);
  }

  get hits(): number {
    return this.#hits;
  }

  meets({ method, path = "" }: { readonly method: string; readonly path?: string }): boolean {
    const { match, times = Number.POSITIVE_INFINITY, after = 0 } = this.fault;
    if (match?.method !== undefined && match.method !== method) return false;
    if (this.#path !== undefined && !this.#path.test(path)) return false;
    if (this.#seen < after) {
      this.#seen++;
      return false;
    }
    if (this.#hits >= times) return false;
    this.#hits++;
    return true;
  }

  remove(): void {
    this.#forget();
    this.#removed.resolve();
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

function globOf(pattern: string): RegExp {
  const literal = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`, "s");
}

/** Handles every exchange through the plan. */
export function withFaults(
  options: {
    readonly faults: FaultPlan;
    readonly clock: Clock;
    /** By what faults know an exchange where its path says too little. */
    readonly pathOf?: (exchange: HttpExchange) => string;
  },
  handler: HttpHandler,
): HttpHandler {
  return (exchange) => {
    const { method } = exchange;
    const met = options.faults.take({ method, path: options.pathOf?.(exchange) ?? exchange.path });
    return met === undefined ? handler(exchange) : suffer(met, options.clock, exchange, handler);
  };
}

/**
 * Waits out a fault that only delays. For servers that are not HTTP: a gRPC handler passes its call's token and
 * signal and answers the other effects in its own terms.
 * @returns whether the caller is still there
 */
export async function waitOut(
  met: MetFault,
  call: { readonly clock: Clock; readonly activity: ActivityToken; readonly signal: AbortSignal },
): Promise<boolean> {
  const { effect } = met;
  if (effect.kind !== "latency" && effect.kind !== "hang") return !call.signal.aborted;
  call.activity.park(); // time must be able to pass
  const gone = Promise.withResolvers<void>();
  const leave = (): void => gone.resolve();
  call.signal.addEventListener("abort", leave, { once: true });
  if (call.signal.aborted) leave();
  try {
    if (effect.kind === "hang") await Promise.race([met.removed, gone.promise]);
    else await call.clock.sleep(effect.ms, { signal: call.signal }).catch(leave);
  } finally {
    call.signal.removeEventListener("abort", leave);
    call.activity.unpark();
  }
  return !call.signal.aborted;
}

async function suffer(met: MetFault, clock: Clock, exchange: HttpExchange, handler: HttpHandler): Promise<void> {
  const { effect } = met;
  switch (effect.kind) {
    case "latency":
    case "hang":
      if (await waitOut(met, { clock, activity: exchange.activity, signal: exchange.signal })) await handler(exchange);
      return;
    case "reset":
      return exchange.destroy();
    case "status":
      return exchange.respond(effect.status, effect.headers, effect.body);
    case "partial-body":
      return await handler(answering(exchange, (...answer) => cutShort(exchange, effect.bytes, answer)));
    case "content-type":
      return await handler(
        answering(exchange, (status, headers, body) =>
          exchange.respond(status, { ...headers, "content-type": effect.contentType }, effect.body ?? body),
        ),
      );
  }
}

type Respond = HttpExchange["respond"];

/** The same exchange with another way to answer; an answer that is a stream counts as its first chunk. */
function answering(exchange: HttpExchange, respond: Respond): HttpExchange {
  return {
    ...exchange,
    respond,
    json: (status, value, headers) =>
      respond(status, { "content-type": "application/json", ...headers }, JSON.stringify(value)),
    stream: (status, headers) => {
      let isAnswered = false;
      const answer = (chunk?: string | Uint8Array): void => {
        if (!isAnswered) respond(status, headers, chunk);
        isAnswered = true;
      };
      return {
        write: (chunk) => {
          answer(chunk);
          return true;
        },
        drained: () => Promise.resolve(),
        end: answer,
      };
    },
  };
}

function cutShort(exchange: HttpExchange, bytes: number, answer: Parameters<Respond>): void {
  const [status, headers, body] = answer;
  const whole = typeof body === "string" ? Buffer.from(body) : (body ?? Buffer.alloc(0));
  const { response } = exchange.raw;
  // One byte more is promised than there is, so that even a short or empty body reads as cut.
  response.writeHead(status, { ...headers, "content-length": String(Math.max(whole.length, bytes + 1)) });
  response.flushHeaders();
  response.write(whole.subarray(0, bytes), () => exchange.destroy());
}
