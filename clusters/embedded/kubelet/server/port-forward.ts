import { connect, type Socket } from "node:net";
import { type SpdyStream, serveSpdy, type WebSocketConnection } from "../../../../net/index.ts";

/** kubectl tunnels SPDY through the WebSocket; other clients have two channels a port, data and error. */
const TUNNEL = "SPDY/3.1+portforward.k8s.io";
export const PORT_FORWARD_PROTOCOLS = [TUNNEL, "v4.channel.k8s.io"] as const;

/** Where a pod's programs listen: at one of these addresses of this machine, or in a network of the pod's own. */
export type Target = {
  readonly addresses: readonly string[];
  readonly open: (port: number) => Socket | undefined;
};

/** Connects a client with ports of a pod, which has the addresses in turn. */
export function servePorts(
  connection: WebSocketConnection,
  query: URLSearchParams,
  target: Target,
  podName: string,
): void {
  if (connection.protocol === TUNNEL) void serveTunnel(connection, target, podName);
  else serveChannels(connection, query, target, podName);
}

function refusal(port: number, podName: string, error: Error): string {
  // Where several addresses were tried, the last one's failure stands for all.
  const { message } = error instanceof AggregateError ? (error.errors.at(-1) as Error) : error;
  return `error forwarding port ${port} to pod ${podName}: ${message}`;
}

/** For each connection of its own the client opens an error stream and a data stream of one request id. */
async function serveTunnel(connection: WebSocketConnection, target: Target, podName: string): Promise<void> {
  const waiting = new Map<string, { error?: SpdyStream; data?: SpdyStream }>();
  const sockets = new Set<Socket>();
  await serveSpdy({
    input: connection.messages(),
    send: (bytes) => connection.send(bytes),
    onStream: (stream) => {
      const id = stream.headers.get("requestid") ?? "";
      const pair = waiting.get(id) ?? {};
      const type = stream.headers.get("streamtype");
      if (type !== "error" && type !== "data") return stream.reset();
      pair[type] = stream;
      waiting.set(id, pair);
      const { error, data } = pair;
      if (error === undefined || data === undefined) return;
      waiting.delete(id);
      const port = Number(data.headers.get("port"));
      // Data may come before the connection stands: it waits in the socket.
      const socket = dial(target, port, (failure) => {
        error.write(Buffer.from(refusal(port, podName, failure)));
        error.end();
        data.end();
      });
      sockets.add(socket);
      data.onData = (chunk) => void socket.write(chunk);
      data.onEnd = () => void socket.end();
      socket.on("data", (chunk: Buffer) => {
        if (data.write(chunk)) return;
        socket.pause();
        void connection.drained().then(() => socket.resume());
      });
      socket.on("close", () => {
        sockets.delete(socket);
        data.end();
        error.end();
      });
    },
  }).catch(() => undefined);
  for (const socket of sockets) socket.destroy();
  connection.close();
}

function serveChannels(connection: WebSocketConnection, query: URLSearchParams, target: Target, podName: string): void {
  const ports = query
    .getAll("ports")
    .flatMap((list) => list.split(","))
    .map(Number);
  const sockets = new Map<number, Socket>();
  connection.signal.addEventListener("abort", () => {
    for (const socket of sockets.values()) socket.destroy();
  });
  for (const [index, port] of ports.entries()) {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    for (const channel of [index * 2, index * 2 + 1]) connection.send(Buffer.concat([Buffer.of(channel), number]));
    const socket = dial(target, port, (error) =>
      connection.send(Buffer.concat([Buffer.of(index * 2 + 1), Buffer.from(refusal(port, podName, error))])),
    );
    sockets.set(index * 2, socket);
    socket.on("data", (chunk: Buffer) => {
      if (connection.send(Buffer.concat([Buffer.of(index * 2), chunk]))) return;
      socket.pause();
      void connection.drained().then(() => socket.resume());
    });
    socket.on("close", () => connection.close());
  }
  void (async () => {
    for await (const message of connection.messages()) sockets.get(message[0] ?? -1)?.write(message.subarray(1));
    for (const socket of sockets.values()) socket.end();
  })();
}

/** A pod's program listens at the pod's address, or on every address of this machine, which pods share. */
function dial({ addresses, open }: Target, port: number, onFailure: (error: Error) => void): Socket {
  const own = open(port);
  own?.on("error", onFailure);
  if (own !== undefined) return own;
  const options = { port, host: "pod", autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 1000 } as const;
  const socket = connect({
    ...options,
    lookup: (_host, { all }, found) => {
      const list = addresses.map((address) => ({ address, family: 4 }));
      if (all === true) found(null, list);
      else found(null, list[0]?.address ?? "", 4);
    },
  });
  socket.on("error", onFailure);
  return socket;
}
