import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { type Clock, isMountproofError, MountproofError, messageOf } from "../core/index.ts";
import type { ConnectionOptions } from "./http-agent.ts";
import { createHttpTransport, type HttpTransport, type Use } from "./http-transport.ts";

export type HttpClientOptions = ConnectionOptions & {
  readonly clock: Clock;
  /** Connections that others use, too, made as it says; of its own, made as the other options say, when left out. */
  readonly transport?: HttpTransport;
};

export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Milliseconds on the clock, for the whole exchange; of a stream, until its head is there. */
  readonly deadlineMs?: number;
};

type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>;

export type HttpResponse = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Buffer;
};

export type HttpStream = {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Chunks as they come; breaking off closes the connection. */
  readonly body: AsyncIterable<Buffer>;
};

/** Nothing is retried and no redirect is followed: what to do about either is the caller's business. */
export interface HttpClient extends AsyncDisposable {
  request(request: HttpRequest): Promise<HttpResponse>;
  /** The head of an answer whose body stays open. Holds a token until the head is there. */
  stream(request: HttpRequest): Promise<HttpStream>;
}

const ACTIVITY_HEADER = "x-mountproof-activity";

/**
 * An HTTP/1.1 client over undici's dispatcher with the run's CA and dialer. Connections are kept and reused.
 * Rejects with MountproofError: `unavailable` when no complete answer came (cause kept), `timeout` when the
 * deadline passed, `cancelled` when the signal aborted or the client was closed.
 *
 * @example
 * await using http = createHttpClient({ clock, caPem: ca.certPem, dialer });
 * const { status, body } = await http.request({ method: "GET", url: "https://vault.vault.svc:8200/v1/sys/health" });
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { clock, transport = createHttpTransport(options) } = options;
  const live = new Set<Over>();
  let isClosed = false;

  const exchange = async <T>(
    use: Use,
    request: HttpRequest,
    answerTo: (send: (handler: AnswerHandler) => void, over: Over) => Promise<T>,
  ): Promise<T> => {
    const { origin, pathname, search, href } = new URL(request.url);
    // A URL forgets a query that is empty; some clients send the bare mark, and a server may see it.
    const query = search === "" && href.replace(/#.*$/s, "").endsWith("?") ? "?" : search;
    const token = clock.activity.begin(`${request.method} ${pathname}`);
    const deadline = request.deadlineMs === undefined ? undefined : clock.deadline(request.deadlineMs);
    let sent: AnswerHandler | undefined;
    // Without a connection nobody hears of it: a dial that hangs for good must not count again.
    const over = new Over(request, deadline?.signal, live, () => {
      if (sent?.hasStarted === true) token.callOff();
    });
    try {
      const { agent = await transport.load(use), freed } = transport.agents[use];
      if (freed !== undefined) await freed;
      if (isClosed) throw closed(request);
      if (over.reason !== undefined) throw over.reason;
      const send = (handler: AnswerHandler): void => {
        sent = handler;
        over.onAbort = (reason) => handler.abort(reason);
        const { body = null, headers = null } = request;
        agent.dispatch(
          {
            origin,
            path: `${pathname}${query}`,
            method: request.method as Dispatcher.HttpMethod,
            headers: clock.activity.isChained ? { ...headers, [ACTIVITY_HEADER]: String(token.id) } : headers,
            body,
          },
          handler,
        );
      };
      // Who dials for this exchange and hangs there lets this exchange hang, too.
      return await clock.activity.run(token, () => answerTo(send, over));
    } catch (error) {
      over.end();
      throw explain(error, request, over);
    } finally {
      deadline?.[Symbol.dispose]();
      token.end();
    }
  };

  return {
    request: (request) =>
      exchange("requests", request, async (send, over) => {
        const answer = await new Promise<HttpResponse>((resolve, reject) => send(new WholeAnswer(resolve, reject)));
        transport.answered("requests");
        over.end();
        return answer;
      }),
    stream: (request) =>
      exchange(
        "streams",
        request,
        (send, over) =>
          new Promise<HttpStream>((resolve, reject) =>
            send(new OpenAnswer(resolve, reject, over, (error) => explain(error, request, over))),
          ),
      ),
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      for (const over of live) over.abort(closed(over.request));
      if (options.transport === undefined) await transport[Symbol.asyncDispose]();
    },
  };
}

/** What may end an exchange early: the caller's signal, the deadline, the end of the client. */
class Over {
  /** Why it ended. */
  reason: unknown;
  onAbort: ((reason: Error) => void) | undefined;
  readonly request: HttpRequest;
  readonly #signals: readonly AbortSignal[];
  readonly #live: Set<Over>;
  readonly #before: () => void;
  readonly #listener = ({ target }: { readonly target: unknown }): void => this.abort((target as AbortSignal).reason);

  /** @param live where it stands until it is over */
  constructor(request: HttpRequest, deadline: AbortSignal | undefined, live: Set<Over>, before: () => void) {
    this.request = request;
    this.#signals = [request.signal, deadline].filter((signal) => signal !== undefined);
    this.#live = live;
    this.#before = before;
    live.add(this);
    for (const signal of this.#signals) {
      if (signal.aborted) this.reason ??= signal.reason;
      signal.addEventListener("abort", this.#listener);
    }
  }

  abort(reason: unknown): void {
    this.reason ??= reason;
    this.#before();
    this.end();
    this.onAbort?.(this.reason instanceof Error ? this.reason : new Error(messageOf(this.reason)));
  }

  end(): void {
    this.#live.delete(this);
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#listener);
  }
}

/** What undici calls on the way. Aborting works before there is a connection, too. */
abstract class AnswerHandler implements Dispatcher.DispatchHandler {
  protected controller: Dispatcher.DispatchController | undefined;
  #aborted: Error | undefined;

  /** A connection was there, and the request went out on it. */
  get hasStarted(): boolean {
    return this.controller !== undefined;
  }

  abort(reason: Error): void {
    this.#aborted = reason;
    if (this.controller === undefined) this.fail(reason);
    else this.controller.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.#aborted !== undefined) controller.abort(this.#aborted);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  protected abstract fail(error: Error): void;
}

class WholeAnswer extends AnswerHandler {
  readonly #resolve: (answer: HttpResponse) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #headers: HttpHeaders = {};

  constructor(resolve: (answer: HttpResponse) => void, reject: (error: Error) => void) {
    super();
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [only, more] = this.#chunks;
    const body = only !== undefined && more === undefined ? only : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  protected fail(error: Error): void {
    this.#reject(error);
  }
}

class OpenAnswer extends AnswerHandler {
  readonly #resolve: (answer: HttpStream) => void;
  readonly #reject: (error: Error) => void;
  readonly #over: Over;
  readonly #explain: (error: unknown) => Error;
  readonly #body = new Readable({
    read: () => {
      if (this.controller?.paused === true) this.controller.resume();
    },
    destroy: (error, done) => {
      this.#over.end();
      // Whoever breaks off has no use for the rest: the connection goes, and the server hears of it.
      if (!this.#isOver) this.controller?.abort(error ?? new Error("the reader stopped reading"));
      done(error);
    },
  });
  #isOver = false;

  constructor(
    resolve: (answer: HttpStream) => void,
    reject: (error: Error) => void,
    over: Over,
    explainError: (error: unknown) => Error,
  ) {
    super();
    this.#resolve = resolve;
    this.#reject = reject;
    this.#over = over;
    this.#explain = explainError;
    this.#body.on("error", () => {}); // the reader gets it from the iterator; nobody may be reading
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    this.#resolve({ status, headers, body: this.#body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#body.push(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#isOver = true;
    this.#over.end();
    this.#body.push(null);
  }

  protected fail(error: Error): void {
    this.#isOver = true;
    this.#reject(error);
    this.#body.destroy(this.#explain(error) as Error);
  }
}

function closed(request: HttpRequest): MountproofError {
  return new MountproofError("cancelled", { message: `${nameOf(request)}: the client is closed` });
}

const nameOf = (request: HttpRequest): string => `${request.method} ${request.url.replace(/\?.*$/, "")}`;

function explain(error: unknown, request: HttpRequest, over: Over): MountproofError {
  const { reason } = over;
  if (isMountproofError(reason, "timeout"))
    return new MountproofError("timeout", { message: `${nameOf(request)}: ${reason.message}`, cause: error });
  if (isMountproofError(reason, "cancelled") && reason === error) return reason;
  if (reason !== undefined)
    return new MountproofError("cancelled", { message: `${nameOf(request)} was called off`, cause: reason });
  if (isMountproofError(error, "unavailable", "cancelled")) return error;
  return new MountproofError("unavailable", {
    message: `${nameOf(request)}: ${messageOf(error)}`,
    hint: "is the server up, and does its certificate match?",
    cause: error,
  });
}
