import type { IncomingMessage } from "node:http";
import { Server as HttpsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * Serves a request whose method Node's parser does not know, such as Vault's LIST: it is read again as a GET, on a
 * connection of its own that knows the method and ends with the answer.
 * @returns false when this is no such request
 */
export function serveExtraMethod(server: Server, socket: Duplex, error: Error, methods: readonly string[]): boolean {
  const { code, rawPacket } = error as NodeJS.ErrnoException & { readonly rawPacket?: Buffer };
  if (code !== "HPE_INVALID_METHOD" || rawPacket === undefined) return false;
  const text = rawPacket.toString("latin1");
  const [, method = "", target = ""] = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n/.exec(text) ?? [];
  // A head in several pieces, or a body behind it: nobody lists like that.
  if (!methods.includes(method) || !text.endsWith("\r\n\r\n")) return false;
  const fields = text.trimEnd().split("\r\n").slice(1);
  const kept = fields.filter((field) => !/^(connection|content-length):/i.test(field));
  const head = [`GET ${target} HTTP/1.1`, ...kept, "Connection: close"];
  const again = new Again(socket, method, Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"));
  server.emit(server instanceof HttpsServer ? "secureConnection" : "connection", again);
  return true;
}

/** The method that the client meant. */
export function methodOf(request: IncomingMessage): string {
  return request.socket instanceof Again ? request.socket.method : (request.method ?? "GET");
}

/** One request that was read before, answered on the socket it came by. */
class Again extends Duplex {
  readonly remoteAddress: string | undefined;
  readonly method: string;
  readonly #socket: Duplex;
  #request: Buffer | undefined;

  constructor(socket: Duplex, method: string, request: Buffer) {
    super({ allowHalfOpen: true });
    this.method = method;
    this.#socket = socket;
    this.#request = request;
    this.remoteAddress = (socket as Partial<Socket>).remoteAddress;
    socket.once("close", () => this.destroy());
  }

  override _read(): void {
    if (this.#request !== undefined) this.push(this.#request);
    this.#request = undefined;
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
