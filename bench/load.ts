import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export type LoadTarget = {
  readonly url: URL;
  readonly caPem?: string;
  /** The bytes of one request; asked for again at the start of each second, for signatures that age. */
  request(): Buffer;
};

const CONNECTIONS = 8;
const END_OF_HEAD = Buffer.from("\r\n\r\n");

/**
 * Sends the same request again and again on a few kept connections and counts the answers, which must all be 200. A
 * client of a store's SDK takes milliseconds a call: this one leaves the machine to the server.
 */
export async function loadOf(target: LoadTarget, total: number): Promise<{ readonly perSecond: number }> {
  const warm = Math.min(500, Math.floor(total / 10));
  await sendAll(target, warm);
  const started = performance.now();
  await sendAll(target, total);
  return { perSecond: (total * 1000) / (performance.now() - started) };
}

async function sendAll(target: LoadTarget, total: number): Promise<void> {
  let left = total;
  let bytes = target.request();
  let made = performance.now();
  const next = (): Buffer | undefined => {
    if (left-- <= 0) return undefined;
    if (performance.now() - made > 1000) {
      bytes = target.request();
      made = performance.now();
    }
    return bytes;
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, () => lane(target, next)));
}

/** One connection after the other: some servers close each. */
async function lane(target: LoadTarget, next: () => Buffer | undefined): Promise<void> {
  let request = next();
  while (request !== undefined) request = await converse(await dial(target), request, next);
}

/** @returns the request to go on with when the server closed the connection */
function converse(socket: Socket, first: Buffer, next: () => Buffer | undefined): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let answer: Buffer = Buffer.alloc(0);
    let isAsking = true;
    const ask = (request: Buffer | undefined): void => {
      isAsking = request !== undefined;
      if (request === undefined) socket.end();
      else socket.write(request);
    };
    socket.on("data", (chunk: Buffer) => {
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
      const end = answer.indexOf(END_OF_HEAD);
      if (end < 0) return;
      const head = answer.toString("latin1", 0, end);
      const length = /content-length: *(\d+)/i.exec(head)?.[1];
      if (!head.startsWith("HTTP/1.1 200") || length === undefined) {
        socket.destroy();
        return reject(new Error(`expected 200 with a length: ${answer.toString("latin1").slice(0, 400)}`));
      }
      if (answer.length < end + 4 + Number(length)) return;
      answer = Buffer.alloc(0);
      isAsking = false;
      if (/\nconnection: *close/i.test(head)) socket.end();
      else ask(next());
    });
    socket.on("error", reject);
    socket.on("close", () => (isAsking ? reject(new Error("the server hung up")) : resolve(next())));
    ask(first);
  });
}

function dial({ url, caPem }: LoadTarget): Promise<Socket> {
  const place = { host: url.hostname, port: Number(url.port) };
  return new Promise((resolve, reject) => {
    const socket: Socket =
      url.protocol === "https:"
        ? connectTls({ ...place, ...(caPem !== undefined && { ca: caPem }) }, () => resolve(socket))
        : connect({ ...place, noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** The text of a request without pitfalls: host and length are filled in. */
export function requestBytes(
  url: URL,
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Buffer {
  const all = { host: url.host, ...headers, ...(body !== "" && { "content-length": String(Buffer.byteLength(body)) }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${line} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}
