import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { isMountproofError, messageOf } from "../../../../core/index.ts";
import { KubeStatusError } from "../../../../kube/client.ts";
import type { Status } from "../../../../kube/types.ts";
import { certificateOf, type Dialer, isWebSocketUpgrade } from "../../../../net/index.ts";
import { type AuditContext, AuditTrail } from "../audit/audit.ts";
import { type Action, forbiddenRequest } from "../auth/attributes.ts";
import type { User } from "../auth/user.ts";
import type { RequestInfo } from "../pipeline.ts";
import { requestInfo } from "../requests/info.ts";
import { findStored, type ServerContext } from "../server-context.ts";
import { methodNotAllowed, noSuchPath, notImplemented } from "../store/refusals.ts";
import { failure, notFoundObject } from "../validation/field-error.ts";
import { streamLocation } from "./location.ts";

export type StreamOptions = {
  readonly server: ServerContext;
  /** Leads to kubelets by their nodes' addresses. */
  readonly dialer: Dialer;
  /** Who asks. @throws KubeStatusError 401, or 403 for whom they may not be */
  readonly authenticate: (
    sender: {
      readonly path: string;
      readonly headers: IncomingMessage["headers"];
      readonly clientCertificate: ReturnType<typeof certificateOf>;
    },
    trail: AuditTrail | undefined,
  ) => Promise<User>;
  readonly audit: AuditContext | undefined;
  readonly authorize: (user: User, action: Action) => { readonly allowed: boolean; readonly reason: string };
  readonly clientCaPem: string;
};

const STREAMS = new Set(["exec", "attach", "portforward"]);

/**
 * Upgrade requests: `pods/NAME/exec`, `attach` and `portforward` over WebSocket. Who asks and whether they may is
 * decided here; the conversation itself is passed on to the kubelet byte by byte.
 */
export function streamHandler(
  options: StreamOptions,
): (request: IncomingMessage, socket: Socket, head: Buffer) => void {
  return (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const url = new URL(request.url ?? "/", "http://apiserver");
    const path = decodedPath(url.pathname);
    const info = requestInfo({ method: request.method ?? "GET", path, query: url.searchParams });
    const { audit } = options;
    const asked = {
      uri: request.url ?? "",
      info,
      headers: request.headers,
      remoteAddress: socket.remoteAddress ?? "",
    };
    const trail = audit === undefined ? undefined : new AuditTrail(audit, asked);
    void serve(options, { request, socket, head, path, info, query: url.searchParams, trail }).catch(
      (error: unknown) => {
        const status = statusOf(error);
        trail?.refused(status);
        refuse(socket, status);
        trail?.complete(status.code ?? 500);
      },
    );
  };
}

type Upgrade = {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly path: string;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly trail: AuditTrail | undefined;
};

async function serve(options: StreamOptions, upgrade: Upgrade): Promise<void> {
  const { server, authenticate, authorize, clientCaPem } = options;
  const { head, info, path, query, request, socket, trail } = upgrade;
  const { headers, method = "GET" } = request;
  const clientCertificate = certificateOf(request, clientCaPem);
  const user = await authenticate({ path, headers, clientCertificate }, trail);
  if (!info.isResource) throw noSuchPath();
  const { group, resource, subresource, namespace, name } = info;
  const kind = server.registry.find(group, info.version, resource);
  if (kind === undefined || group !== "" || resource !== "pods" || !STREAMS.has(subresource)) throw noSuchPath();
  if (method !== "GET" && method !== "POST") throw methodNotAllowed();
  // From 1.35 on a WebSocket needs the right that SPDY's POST always needed.
  const verbs = method === "GET" && server.kubeVersion !== "1.34" ? ["get", "create"] : [info.verb];
  for (const verb of verbs) {
    const action: Action = { kind: "resource", verb, group, resource, subresource, namespace, name };
    const decision = authorize(user, action);
    trail?.decided(decision);
    if (!decision.allowed) throw forbiddenRequest(user, action, decision.reason);
  }
  const pod = findStored(server, kind, namespace, name);
  if (pod === undefined) throw notFoundObject("", "pods", name);
  const location = streamLocation(server, pod, subresource, query);
  // Clients try SPDY when a WebSocket was refused, and show what is said to that: the better reasons come first.
  if (!isWebSocketUpgrade(request)) throw notImplemented("SPDY");
  const kubelet = await options.dialer(location.host, location.port);
  // What identifies the client stays here: kubelet trusts this server, not its users.
  const passed = Object.entries(headers).filter(([field]) => /^(sec-websocket-|upgrade$|connection$)/.test(field));
  const lines = [`GET ${location.path}?${query} HTTP/1.1`, `Host: ${location.host}:${location.port}`];
  for (const [field, value] of passed) lines.push(`${field}: ${String(value)}`);
  kubelet.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (head.length > 0) kubelet.write(head);
  socket.setNoDelay(true);
  socket.setTimeout(0);
  trail?.started(101);
  socket.once("close", () => trail?.complete(101));
  kubelet.pipe(socket);
  socket.pipe(kubelet);
  const end = (): void => {
    kubelet.destroy();
    socket.destroy();
  };
  kubelet.on("error", end);
  kubelet.on("close", () => socket.end());
  socket.on("close", end);
}

/** A path that is not valid percent-encoding is kept as sent: what it names does not exist anyway. */
function decodedPath(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

function statusOf(error: unknown): Status {
  if (error instanceof KubeStatusError) return error.status;
  const why = messageOf(error);
  if (isMountproofError(error) || (error as NodeJS.ErrnoException).code !== undefined)
    return failure(500, "InternalError", `Internal error occurred: error dialing backend: ${why}`);
  return failure(500, "InternalError", `Internal error occurred: ${why}`);
}

function refuse(socket: Socket, status: Status): void {
  const body = `${JSON.stringify(status)}\n`;
  const code = status.code ?? 500;
  socket.end(
    `HTTP/1.1 ${code} ${status.reason ?? "Error"}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
