import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Agent, Dispatcher } from "undici";
import { type Clock, isMountproofError, MountproofError, messageOf } from "../core/index.ts";
import { createDialer, type Dialer, loopbackResolver } from "./dialer.ts";

export type HttpClientOptions = {
  readonly clock: Clock;
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

export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Milliseconds on the clock, for the whole exchange. */
  readonly deadlineMs?: number;
};

export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

export type HttpStream = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
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
 * An HTTP/1.1 client over undici's dispatcher with the run's CA and dialer.
 * Rejects with MountproofError: `unavailable` when no answer came (cause kept), `timeout` when the deadline
 * passed, `cancelled` when the signal aborted.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { clock } = options;
  let agent: Promise<Agent> | undefined;
  const dispatcher = (): Promise<Agent> => {
    agent ??= import("undici").then((undici) => createAgent(undici.Agent, options)); // 100 ms to load: only who asks pays
    return agent;
  };

  const exchange = async <T>(
    request: HttpRequest,
    finish: (response: Dispatcher.ResponseData, over: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> => {
    const url = new URL(request.url);
    const token = clock.activity.begin(`${request.method} ${url.pathname}`);
    using deadline =
      request.deadlineMs === undefined
        ? undefined
        : clock.deadline(request.deadlineMs, request.signal === undefined ? {} : { signal: request.signal });
    const signal = deadline?.signal ?? request.signal;
    const onAbort = (): void => token.callOff();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const response = await (await dispatcher()).request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: request.method as Dispatcher.HttpMethod,
        headers: { ...request.headers, ...(clock.activity.isChained && { [ACTIVITY_HEADER]: String(token.id) }) },
        ...(request.body !== undefined && { body: request.body }),
        ...(signal !== undefined && { signal }),
      });
      return await finish(response, signal);
    } catch (error) {
      throw explain(error, request, signal);
    } finally {
      signal?.removeEventListener("abort", onAbort);
      token.end();
    }
  };

  return {
    request: (request) =>
      exchange(request, async ({ statusCode, headers, body }) => ({
        status: statusCode,
        headers,
        body: Buffer.from(await body.arrayBuffer()),
      })),
    stream: (request) =>
      exchange(request, async ({ statusCode, headers, body }) => ({
        status: statusCode,
        headers,
        body: chunksOf(body, request),
      })),
    [Symbol.asyncDispose]: async () => {
      if (agent !== undefined) await (await agent).destroy();
    },
  };
}

async function* chunksOf(body: Dispatcher.ResponseData["body"], request: HttpRequest): AsyncIterable<Buffer> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw explain(error, request, request.signal);
  }
}

function createAgent(AgentClass: typeof Agent, options: HttpClientOptions): Agent {
  const dial = options.dialer ?? createDialer({ resolvers: [loopbackResolver] });
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
        .then((socket) => (isTls ? secure(socket, options, host) : socket))
        .then(
          (socket) => callback(null, socket as Socket),
          (error: Error) => callback(error, null),
        );
    },
  });
}

function secure(socket: Socket, options: HttpClientOptions, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const name = options.serverName ?? host;
    const secured = connectTls(
      {
        socket,
        host: name,
        // RFC 6066: a server name is never an address.
        ...(!/^[\d.]+$|:/.test(name) && { servername: name }),
        ALPNProtocols: ["http/1.1"],
        ...(options.caPem !== undefined && { ca: options.caPem }),
        ...(options.clientCertificate !== undefined && {
          cert: options.clientCertificate.certPem,
          key: options.clientCertificate.keyPem,
        }),
        rejectUnauthorized: options.insecureSkipVerify !== true,
      },
      () => resolve(secured),
    );
    secured.once("error", (error) => {
      socket.destroy();
      reject(error);
    });
  });
}

function explain(error: unknown, request: HttpRequest, signal: AbortSignal | undefined): MountproofError {
  const what = `${request.method} ${request.url.replace(/\?.*$/, "")}`;
  const reason = signal?.aborted === true ? signal.reason : undefined;
  if (isMountproofError(reason, "timeout"))
    return new MountproofError("timeout", { message: `${what}: ${reason.message}`, cause: error });
  if (reason !== undefined)
    return new MountproofError("cancelled", { message: `${what} was called off`, cause: reason });
  if (isMountproofError(error, "unavailable")) return error;
  return new MountproofError("unavailable", {
    message: `${what}: ${messageOf(error)}`,
    hint: "is the server up, and does its certificate match?",
    cause: error,
  });
}
