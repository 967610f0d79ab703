import { connect, type Socket } from "node:net";
import { MountproofError } from "../core/index.ts";

/** Where a name really leads: an address, a Unix socket, or a network of somebody else's, who opens the connection. */
export type Route =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  | { readonly open: () => Promise<Socket> };

/** Knows some names; undefined for those that are not its own. Throws to refuse one that is. */
export type Resolver = (host: string, port: number) => Promise<Route | undefined>;

/** Opens a connection by name, as a program on the pod network would. */
export type Dialer = (host: string, port: number, signal?: AbortSignal) => Promise<Socket>;

/** Loopback leads to itself; everything else is the business of other resolvers. */
export const loopbackResolver: Resolver = async (host, port) =>
  host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host) ? { host, port } : undefined;

/** A fixed table of `host` or `host:port` to routes. */
export function tableResolver(table: Readonly<Record<string, Route>>): Resolver {
  return async (host, port) => table[`${host}:${port}`] ?? table[host];
}

/** Asks resolvers in order. @throws MountproofError `unavailable` naming the host that nobody knows */
export async function resolveRoute(resolvers: readonly Resolver[], host: string, port: number): Promise<Route> {
  for (const resolve of resolvers) {
    const route = await resolve(host, port);
    if (route !== undefined) return route;
  }
  // The text Go's resolver gives: providers' error texts end in it.
  throw new MountproofError("unavailable", {
    message: `lookup ${host}: no such host`,
    hint: "is there a Service of that name, and does the store behind it run?",
    culprit: { host },
  });
}

/** A dialer that goes only where its resolvers lead: a run never reaches the outside by accident. */
export function createDialer(options: { readonly resolvers: readonly Resolver[] }): Dialer {
  return async (host, port, signal) => await open(await resolveRoute(options.resolvers, host, port), signal);
}

function open(route: Route, signal: AbortSignal | undefined): Promise<Socket> {
  if ("open" in route) return route.open();
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const socket =
      "path" in route ? connect(route.path) : connect({ host: route.host, port: route.port, noDelay: true });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", () => {
      signal?.removeEventListener("abort", onAbort);
      resolve(socket);
    });
    socket.once("error", (error) => {
      signal?.removeEventListener("abort", onAbort);
      reject(error);
    });
  });
}
