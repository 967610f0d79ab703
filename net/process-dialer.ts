import { connect, type Socket } from "node:net";
import { MountproofError } from "../core/index.ts";
import type { Dialer } from "./dialer.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;
/** A proxy's answer to CONNECT has no body: this is far more than its head. */
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * How a part that runs as a process of its own reaches the world: by the system's names, and through the proxy that
 * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, as programs in Go do. Loopback is always reached directly.
 *
 * @example
 * const http = createHttpClient({ clock, dialer: processDialer(process.env) });
 */
export function processDialer(environment: Environment): Dialer {
  const read = (name: string): string => environment[name] ?? environment[name.toLowerCase()] ?? "";
  const exceptions = read("NO_PROXY")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return async (host, port, signal) => {
    const proxy = (port === 80 ? read("HTTP_PROXY") : read("HTTPS_PROXY")) || read("ALL_PROXY");
    if (proxy === "" || LOOPBACK.test(host) || exceptions.some((entry) => isUnder(host, entry)))
      return await open(host, port, signal);
    return await throughProxy(proxy, host, port, signal);
  };
}

/** `*` is all, `example.com` and `.example.com` are the name and what lies below. */
function isUnder(host: string, entry: string): boolean {
  const name = entry.replace(/^\*?\./, "").replace(/:\d+$/, "");
  return entry === "*" || host === name || host.endsWith(`.${name}`);
}

async function throughProxy(proxy: string, host: string, port: number, signal?: AbortSignal): Promise<Socket> {
  const url = new URL(proxy.includes("://") ? proxy : `http://${proxy}`);
  if (url.protocol !== "http:")
    throw new MountproofError("unsupported", {
      message: `the proxy "${url.protocol}//${url.host}" is not spoken to: a proxy's address begins with http://`,
      culprit: { proxy: url.host },
    });
  const socket = await open(url.hostname.replace(/^\[|\]$/g, ""), Number(url.port) || 80, signal);
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const credentials =
    url.username === "" ? "" : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization =
    credentials === "" ? "" : `Proxy-Authorization: Basic ${Buffer.from(credentials).toString("base64")}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`);
  const head = await headOf(socket);
  const [, status = ""] = /^HTTP\/1\.\d (\d+)/.exec(head) ?? [];
  if (status.startsWith("2")) return socket;
  socket.destroy();
  throw new MountproofError("unavailable", {
    message: `the proxy ${url.host} answered ${status || "nothing"} to CONNECT ${authority}`,
    hint: "may this program go there through the proxy?",
    culprit: { proxy: url.host, host },
  });
}

/** Reads up to the empty line and leaves what follows in the socket. */
function headOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      socket.off("data", onData).off("error", onError).off("close", onClose);
      socket.pause();
      settle();
    };
    const onData = (chunk: Buffer): void => {
      read = Buffer.concat([read, chunk]);
      const at = read.indexOf("\r\n\r\n");
      if (at < 0 && read.length < MAX_HEAD_BYTES) return;
      const rest = at < 0 ? Buffer.alloc(0) : read.subarray(at + 4);
      end(() => resolve(read.subarray(0, at < 0 ? 0 : at).toString("latin1")));
      if (rest.length > 0) socket.unshift(rest);
    };
    const onError = (error: Error): void => end(() => reject(error));
    const onClose = (): void => end(() => resolve(""));
    socket.on("data", onData).on("error", onError).on("close", onClose);
  });
}

function open(host: string, port: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const socket = connect({ host, port, noDelay: true });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (then: () => void): void => {
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      then();
    };
    const onError = (error: NodeJS.ErrnoException): void =>
      settle(() =>
        // The text Go's resolver gives: providers' error texts end in it.
        reject(error.code === "ENOTFOUND" ? new Error(`lookup ${host}: no such host`, { cause: error }) : error),
      );
    socket.once("connect", () => settle(() => resolve(socket)));
    socket.on("error", onError);
  });
}
