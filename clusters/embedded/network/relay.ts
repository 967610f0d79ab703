import { once } from "node:events";
import { closeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { NetworkNamespace } from "./namespace.ts";

/** Where a connection that was made to an address leads; a rejection cuts it. */
export type Lead = (from: Socket) => Promise<Socket>;

/** Listens in a namespace and joins each connection with another one. @throws Error with `code` */
export async function startRelay(
  namespace: NetworkNamespace,
  host: string,
  port: number,
  lead: Lead,
): Promise<AsyncDisposable> {
  const fd = namespace.listen(host, port);
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => open.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (from) => {
    keep(from);
    lead(from).then(
      (to) => {
        keep(to);
        to.allowHalfOpen = true;
        join(from, to);
      },
      () => from.resetAndDestroy(),
    );
  });
  server.listen({ fd });
  try {
    await once(server, "listening");
  } catch (error) {
    closeSync(fd); // once it listens it is the server's own
    throw error;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** What one says the other hears, ends and breaks included. */
function join(from: Socket, to: Socket): void {
  for (const [one, other] of [
    [from, to],
    [to, from],
  ] as const) {
    one.pipe(other);
    one.once("error", () => other.destroy());
    one.once("close", () => {
      if (!one.readableEnded) other.destroy();
    });
  }
}
