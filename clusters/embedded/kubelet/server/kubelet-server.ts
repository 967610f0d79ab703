import { chmod } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { type Clock, messageOf } from "../../../../core/index.ts";
import {
  acceptWebSocket,
  commonProtocol,
  type HttpExchange,
  isWebSocketUpgrade,
  type RunningHttpServer,
  startHttpServer,
} from "../../../../net/index.ts";
import type { ContainerRuntime } from "../containers/runtime.ts";
import type { Pod } from "../types.ts";
import { logRequest, sendLog } from "./log-request.ts";
import { PORT_FORWARD_PROTOCOLS, servePorts } from "./port-forward.ts";
import {
  type Connected,
  REMOTE_COMMAND_PROTOCOLS,
  refuseProgram,
  serveProgram,
  streamOptions,
} from "./remote-command.ts";

export type KubeletServerSpec = {
  readonly clock: Clock;
  readonly node: string;
  /** A socket that only this user may open: who may ask for what is the API server's to decide. */
  readonly socket: string;
  readonly runtime: ContainerRuntime;
  readonly pod: (namespace: string, name: string) => Pod | undefined;
};

/**
 * What kubelet serves to the API server, by the paths of a real one's port 10250: `/containerLogs`, `/exec`, `/attach`
 * and `/portForward`.
 */
export async function startKubeletServer(spec: KubeletServerSpec): Promise<RunningHttpServer> {
  const server = await startHttpServer({
    clock: spec.clock,
    name: `kubelet/${spec.node}`,
    listen: { path: spec.socket },
    handler: (exchange) => serveLog(spec, exchange),
    onUpgrade: (request, socket, head) => upgrade(spec, request, socket, head),
  });
  await chmod(spec.socket, 0o600);
  return server;
}

const TEXT = { "content-type": "text/plain; charset=utf-8" };

async function serveLog(spec: KubeletServerSpec, exchange: HttpExchange): Promise<void> {
  const { action, pod, container } = target(spec, exchange.path);
  if (exchange.method !== "GET" || action !== "containerLogs")
    return exchange.respond(404, TEXT, "404 page not found\n");
  if (pod === undefined) return exchange.respond(404, TEXT, `pod does not exist\n`);
  const { uid, name } = pod.metadata;
  const isPrevious = exchange.query.get("previous") === "true";
  const attempts = spec.runtime.pod(uid)?.containers.filter((one) => one.name === container) ?? [];
  if (isPrevious && attempts.length < 2) {
    const text = `previous terminated container "${container}" in pod "${name}" not found`;
    return exchange.respond(400, TEXT, text);
  }
  if (attempts.length === 0) {
    const reason = waitingReason(pod, container);
    return exchange.respond(400, TEXT, `container "${container}" in pod "${name}" is waiting to start: ${reason}`);
  }
  const wanted = logRequest(exchange.query, spec.clock.now());
  const writer = exchange.stream(200, TEXT);
  await sendLog(spec.runtime.log(uid, container, isPrevious), wanted, writer, exchange.signal);
}

function upgrade(spec: KubeletServerSpec, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const url = new URL(request.url ?? "/", "http://kubelet");
  const { action, pod, container } = target(spec, url.pathname);
  const protocols: readonly string[] = action === "portForward" ? PORT_FORWARD_PROTOCOLS : REMOTE_COMMAND_PROTOCOLS;
  const isKnown = action === "exec" || action === "attach" || action === "portForward";
  const isUnderstood = isWebSocketUpgrade(request) && commonProtocol(request, protocols) !== undefined;
  if (!isKnown || pod === undefined || !isUnderstood) {
    if (!isKnown) refuseUpgrade(socket, 404, "404 page not found\n");
    else if (pod === undefined) refuseUpgrade(socket, 404, "pod does not exist");
    else refuseUpgrade(socket, 501, `only a WebSocket with one of ${protocols.join(", ")} is served here`);
    return;
  }
  const connection = acceptWebSocket(request, socket, head, { protocols });
  if (action === "portForward") {
    const { uid } = pod.metadata;
    const ip = spec.runtime.pod(uid)?.sandbox?.ip ?? "";
    const addresses = ip.startsWith("127.") ? [ip, "127.0.0.1"] : ["127.0.0.1"];
    const open = (port: number): Socket | undefined => spec.runtime.dial(uid, port);
    servePorts(connection, url.searchParams, { addresses, open }, pod.metadata.name);
    return;
  }
  const options = streamOptions(url.searchParams);
  const open = action === "exec" ? execute : attach;
  void open(spec, pod, container, url.searchParams.getAll("command"), options.tty)
    .then(async (program) => {
      await serveProgram(connection, options, program);
      program.leave();
    })
    .catch((error: unknown) => refuseProgram(connection, messageOf(error)));
}

type Program = Connected & {
  /** The client is no longer there. */
  leave(): void;
};

async function execute(
  { runtime }: KubeletServerSpec,
  pod: Pod,
  container: string,
  command: readonly string[],
  tty: boolean,
): Promise<Program> {
  const { uid } = pod.metadata;
  if (runtime.envOf(uid, container) === undefined)
    throw new Error(`unable to upgrade connection: container not found ("${container}")`);
  try {
    const execution = await runtime.execute(uid, container, command, tty);
    return { ...execution, leave: () => execution.kill() };
  } catch (error) {
    throw new Error(`error executing command in container: ${messageOf(error)}`);
  }
}

async function attach({ runtime }: KubeletServerSpec, pod: Pod, container: string): Promise<Program> {
  const { uid } = pod.metadata;
  const task = runtime.task(uid, container);
  if (task === undefined) throw new Error(`unable to upgrade connection: container not found ("${container}")`);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const listening = task.onOutput((stream, chunk) => void (stream === "stdout" ? stdout : stderr).write(chunk));
  const exited = task.exited.then(({ code }) => {
    stdout.end();
    stderr.end();
    return code;
  });
  const spec = pod.spec.containers.find(({ name }) => name === container);
  // Whoever attaches to a container without stdin is not heard, as with a real runtime.
  const stdin = spec?.stdin === true ? (task.stdin ?? undefined) : undefined;
  const { terminal } = task;
  return { stdin: sharedInput(stdin), stdout, stderr, exited, terminal, leave: () => listening[Symbol.dispose]() };
}

/** The container's stdin outlives the one who is attached to it. */
function sharedInput(stdin: NodeJS.WritableStream | undefined): PassThrough {
  const input = new PassThrough();
  if (stdin === undefined) input.resume();
  else input.pipe(stdin, { end: false });
  return input;
}

function target(
  spec: KubeletServerSpec,
  path: string,
): { readonly action: string; readonly pod: Pod | undefined; readonly container: string } {
  const [action = "", namespace = "", name = "", container = ""] = path.split("/").slice(1).map(decodeURIComponent);
  return { action, pod: spec.pod(namespace, name), container };
}

function waitingReason({ status }: Pod, container: string): string {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.find(({ name }) => name === container)?.state.waiting?.reason ?? "ContainerCreating";
}

function refuseUpgrade(socket: Socket, status: number, text: string): void {
  const reason = { 404: "Not Found", 501: "Not Implemented" }[status] ?? "Bad Request";
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}
