import { connect, type Socket } from "node:net";
import type { WebSocketConnection } from "../../../../net/index.ts";
import type { ContainerRuntime } from "../containers/runtime.ts";
import type { Pod } from "../types.ts";

/** `v4.channel.k8s.io`: two channels a port, data and error, each begun with the port's number. */
export const PORT_FORWARD_PROTOCOLS = ["v4.channel.k8s.io"] as const;

/** Connects a client with ports of a pod. */
export function servePorts(
  connection: WebSocketConnection,
  query: URLSearchParams,
  _runtime: ContainerRuntime,
  _pod: Pod,
): void {
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
    const socket = connect({ host: "127.0.0.1", port });
    sockets.set(index * 2, socket);
    socket.on("data", (chunk: Buffer) => {
      if (connection.send(Buffer.concat([Buffer.of(index * 2), chunk]))) return;
      socket.pause();
      void connection.drained().then(() => socket.resume());
    });
    socket.on("error", (error) => {
      const text = `error forwarding port ${port} to pod: ${error.message}`;
      connection.send(Buffer.concat([Buffer.of(index * 2 + 1), Buffer.from(text)]));
    });
    socket.on("close", () => connection.close());
  }
  void (async () => {
    for await (const message of connection.messages()) sockets.get(message[0] ?? -1)?.write(message.subarray(1));
    for (const socket of sockets.values()) socket.end();
  })();
}
