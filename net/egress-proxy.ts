import type { Agent, IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type Clock, isMountproofError, MountproofError, messageOf } from "../core/index.ts";
import { createDialer, type Resolver } from "./dialer.ts";
import { type HttpExchange, startHttpServer } from "./http-server.ts";
import type { Journal } from "./journal.ts";
import { nodeHttp } from "./node-http.ts";

export type EgressProxyOptions = {
  readonly clock: Clock;
  readonly journal: Journal;
  /** Where its clients may go; everything else is refused. */
  readonly resolvers: readonly Resolver[];
  /** Loopback and any free port unless told otherwise. */
  readonly listen?: { readonly host?: string; readonly port?: number };
};

export interface RunningEgressProxy extends AsyncDisposable {
  readonly url: string;
  /**
   * The variables by which a child process finds it, under the names that Go, curl, Python and Node read.
   * @param caller names the child in the journal
   */
  environment(caller: string): Readonly<Record<string, string>>;
}

const NAME = "egress-proxy";

/** Belong to one connection, and go no further (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * A forward proxy, plain and CONNECT, for programs that have no dialer of ours: what a pod would reach by name,
 * they reach through it, and nothing else. A name that no resolver knows is answered 502 with the text a failed
 * lookup has. Every exchange is journaled under the seam `egress`.
 *
 * @example
 * await using proxy = await startEgressProxy({ clock, journal, resolvers: [serviceResolver] });
 * spawn("vault-csi-provider", [], { env: { ...proxy.environment("provider/vault") } });
 */
export async function startEgressProxy(options: EgressProxyOptions): Promise<RunningEgressProxy> {
  const { clock, journal } = options;
  const dial = createDialer({ resolvers: options.resolvers });
  const upstreams = new Set<Socket>();
  const open = async (host: string, port: number, signal?: AbortSignal): Promise<Socket> => {
    const socket = await dial(host, port, signal);
    upstreams.add(socket);
    socket.on("close", () => upstreams.delete(socket));
    return socket;
  };
  const agent = new nodeHttp.Agent({ keepAlive: true });
  agent.createConnection = (target, connected) => {
    open(target.host ?? "", Number(target.port)).then(
      (socket) => connected?.(null, socket),
      (error: Error) => connected?.(error, undefined as never), // the second is not looked at after an error
    );
    return undefined;
  };
  const begin = (request: IncomingMessage, operation: string): ReturnType<Journal["begin"]> => {
    const caller = callerOf(request.headers);
    return journal.begin({ seam: "egress", server: NAME, operation, ...(caller !== undefined && { caller }) });
  };

  const server = await startHttpServer({
    clock,
    name: NAME,
    listen: options.listen ?? {},
    handler: (exchange) => forward(exchange, agent, begin),
    onConnect: (request, client, head) => {
      const finish = begin(request, `CONNECT ${request.url}`);
      void clock.activity.track(`${NAME} CONNECT ${request.url}`, async () => {
        const refused = await tunnel(request.url ?? "", client, head, open);
        finish(refused === undefined ? "200" : "502", refused === undefined ? {} : { error: refused });
      });
    },
  });
  return {
    url: server.url,
    environment: (caller) => {
      // Some clients send a user without a password, some don't.
      const url = `http://${encodeURIComponent(caller)}:-@${server.host}:${server.port}`;
      const names = ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
      return {
        ...Object.fromEntries(names.map((name) => [name, url])),
        no_proxy: "",
        NO_PROXY: "",
        NODE_USE_ENV_PROXY: "1",
      };
    },
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      for (const socket of upstreams) socket.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A request in absolute form (RFC 9112, 3.2.2); streams pass through as they come. */
function forward(
  exchange: HttpExchange,
  agent: Agent,
  begin: (request: IncomingMessage, operation: string) => ReturnType<Journal["begin"]>,
): void {
  const { request } = exchange.raw;
  const target = URL.canParse(exchange.rawPath) ? new URL(request.url ?? "") : undefined;
  const finish = begin(request, `${exchange.method} ${target === undefined ? exchange.rawPath : withoutQuery(target)}`);
  if (target?.protocol !== "http:") {
    finish("400");
    exchange.respond(400, { connection: "close" }, "a proxy takes absolute http URLs and CONNECT\n");
    return;
  }
  const outgoing = nodeHttp.request({
    agent,
    host: target.hostname.replace(/^\[|\]$/g, ""),
    port: Number(target.port) || 80,
    method: exchange.method,
    path: `${target.pathname}${target.search}`,
    headers: {
      ...endToEnd(request.headers),
      ...(request.headers["transfer-encoding"] !== undefined && { "transfer-encoding": "chunked" }),
    },
    signal: exchange.signal,
  });
  outgoing.on("response", (answer) => {
    finish(String(answer.statusCode));
    exchange.stream(answer.statusCode ?? 502, endToEnd(answer.headers) as Record<string, string | string[]>);
    answer.pipe(exchange.raw.response);
    answer.on("error", () => exchange.destroy()); // cut there, so cut here
  });
  outgoing.on("error", (error) => {
    if (exchange.raw.response.headersSent) return exchange.destroy();
    const text = failureText(error, target.host);
    finish("502", { error: text });
    exchange.respond(502, { "content-type": "text/plain; charset=utf-8" }, `${text}\n`);
  });
  request.pipe(outgoing);
}

/** @returns why it was refused; undefined once both ends are joined */
async function tunnel(
  authority: string,
  client: Socket,
  head: Buffer,
  open: (host: string, port: number, signal: AbortSignal) => Promise<Socket>,
): Promise<string | undefined> {
  const gone = new AbortController();
  const leave = (): void => gone.abort(new Error("the client went away"));
  client.on("error", leave).on("close", leave);
  try {
    const { host, port } = parseAuthority(authority);
    const upstream = await open(host, port, gone.signal);
    upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
    client.on("close", () => upstream.destroy());
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    upstream.write(head);
    client.pipe(upstream).pipe(client);
    return undefined;
  } catch (error) {
    const text = failureText(error, authority);
    const body = `${text}\n`;
    client.end(
      `HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
    return text;
  }
}

/** In the words of Go's net package: a provider's error ends in what its proxy told it. */
function failureText(error: unknown, authority: string): string {
  if (isMountproofError(error)) return error.message;
  const isRefused = (error as { readonly code?: unknown }).code === "ECONNREFUSED";
  return `dial tcp ${authority}: ${isRefused ? "connect: connection refused" : messageOf(error)}`;
}

function parseAuthority(authority: string): { readonly host: string; readonly port: number } {
  const [, address, name, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(authority) ?? [];
  const host = address ?? name;
  if (host === undefined)
    throw new MountproofError("invalid_argument", { message: `"${authority}" is not a host and a port` });
  return { host, port: Number(port) };
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const dropped = new Set([...HOP_BY_HOP, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

/** The user of `Proxy-Authorization: Basic`: a name for the journal, no safeguard. */
function callerOf(headers: IncomingHttpHeaders): string | undefined {
  const [scheme, credentials = ""] = (headers["proxy-authorization"] ?? "").split(" ");
  if (scheme?.toLowerCase() !== "basic") return undefined;
  const [user = ""] = Buffer.from(credentials, "base64").toString("utf8").split(":");
  return user === "" ? undefined : user;
}

const withoutQuery = (url: URL): string => `${url.origin}${url.pathname}`;
