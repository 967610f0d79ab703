import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { MountproofError } from "../core/index.ts";

/** The server's end of a WebSocket (RFC 6455): whole binary or text messages, in order. */
export interface WebSocketConnection {
  /** The subprotocol that both sides agreed on. */
  readonly protocol: string;
  /** Sends one binary message. False when the client reads slower than is written; {@link drained} then tells. */
  send(data: Uint8Array): boolean;
  drained(): Promise<void>;
  /** Ends the conversation in order; further messages of the client are not read. */
  close(code?: number): void;
  /** The client's messages, until it closes or goes away. */
  messages(): AsyncIterable<Buffer>;
  /** Aborts when the conversation is over, whoever ended it. */
  readonly signal: AbortSignal;
}

export type WebSocketOptions = {
  /** Subprotocols that the server speaks, in no order: the client's order counts. */
  readonly protocols: readonly string[];
  /** Largest message of the client in bytes; 32 MiB when left out. */
  readonly maxMessageBytes?: number;
};

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CONTINUATION = 0;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const DEFAULT_MAX_MESSAGE = 32 * 1024 * 1024;
const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;

/** Which of the client's subprotocols the server speaks, in the client's order. */
export function commonProtocol(request: IncomingMessage, protocols: readonly string[]): string | undefined {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  return offered.find((name) => protocols.includes(name));
}

/** Whether a request asks for a WebSocket at all. */
export function isWebSocketUpgrade({ headers, method }: IncomingMessage): boolean {
  return (
    method === "GET" &&
    /\bwebsocket\b/i.test(headers.upgrade ?? "") &&
    /\bupgrade\b/i.test(headers.connection ?? "") &&
    headers["sec-websocket-version"] === "13" &&
    Buffer.from(headers["sec-websocket-key"] ?? "", "base64").length === 16
  );
}

/**
 * Answers an upgrade request and speaks WebSocket on its socket from then on.
 * @throws MountproofError `unsupported` for what is no WebSocket request, or one without a subprotocol in common
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: WebSocketOptions,
): WebSocketConnection {
  const protocol = commonProtocol(request, options.protocols);
  if (!isWebSocketUpgrade(request) || protocol === undefined)
    throw new MountproofError("unsupported", {
      message: `the request is no WebSocket with one of ${options.protocols.join(", ")}`,
    });
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"] ?? ""}${GUID}`)
    .digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  );
  return new ServerConnection(socket, head, protocol, options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE);
}

class ServerConnection implements WebSocketConnection {
  readonly protocol: string;
  readonly #socket: Duplex;
  readonly #max: number;
  readonly #over = new AbortController();
  #rest: Buffer;
  #hasClosed = false;

  constructor(socket: Duplex, head: Buffer, protocol: string, max: number) {
    this.protocol = protocol;
    this.#socket = socket;
    this.#rest = head;
    this.#max = max;
    const end = (): void => this.#over.abort(new MountproofError("cancelled", { message: "the client went away" }));
    socket.on("error", end);
    socket.on("close", end);
    socket.on("end", () => socket.end());
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  send(data: Uint8Array): boolean {
    if (this.#hasClosed || this.#socket.writableEnded || this.#socket.destroyed) return true;
    this.#socket.write(headerOf(BINARY, data.length));
    return this.#socket.write(data);
  }

  drained(): Promise<void> {
    const socket = this.#socket;
    if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once("drain", resolve);
      socket.once("close", resolve);
    });
  }

  close(code = 1000): void {
    if (this.#hasClosed) return;
    this.#hasClosed = true;
    if (this.#socket.destroyed) return;
    const reason = Buffer.alloc(2);
    reason.writeUInt16BE(code);
    this.#socket.write(headerOf(CLOSE, reason.length));
    this.#socket.end(reason);
    // What the client still sends is of no use, yet unread it would keep the connection from ending.
    this.#socket.resume();
  }

  async *messages(): AsyncGenerator<Buffer> {
    let parts: Buffer[] = [];
    let size = 0;
    for await (const { opcode, isLast, data } of this.#frames()) {
      if (opcode === CLOSE) return this.close();
      if (opcode === PING) this.#socket.write(Buffer.concat([headerOf(PONG, data.length), data]));
      if (opcode >= CLOSE) continue;
      if ((opcode === CONTINUATION) !== parts.length > 0) return this.close(PROTOCOL_ERROR);
      size += data.length;
      if (size > this.#max) return this.close(TOO_BIG);
      parts.push(data);
      if (!isLast) continue;
      yield parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      parts = [];
      size = 0;
    }
  }

  async *#frames(): AsyncGenerator<{ readonly opcode: number; readonly isLast: boolean; readonly data: Buffer }> {
    const socket = this.#socket;
    const chunks = socket[Symbol.asyncIterator]();
    const isMore = async (bytes: number): Promise<boolean> => {
      while (this.#rest.length < bytes) {
        const { value, done } = await chunks.next().catch(() => ({ value: undefined, done: true }) as const);
        if (done === true || this.#hasClosed) return false;
        this.#rest = this.#rest.length === 0 ? (value as Buffer) : Buffer.concat([this.#rest, value as Buffer]);
      }
      return true;
    };
    for (;;) {
      if (!(await isMore(2))) return;
      const first = this.#rest.readUInt8(0);
      const second = this.#rest.readUInt8(1);
      const short = second & 0x7f;
      const sizeBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
      // Clients mask what they send, and nothing here negotiates extensions (RFC 6455 §5.1, §5.2).
      if ((second & 0x80) === 0 || (first & 0x70) !== 0) return this.close(PROTOCOL_ERROR);
      if (!(await isMore(6 + sizeBytes))) return;
      const length =
        sizeBytes === 0 ? short : sizeBytes === 2 ? this.#rest.readUInt16BE(2) : Number(this.#rest.readBigUInt64BE(2));
      if (length > this.#max) return this.close(TOO_BIG);
      const start = 6 + sizeBytes;
      if (!(await isMore(start + length))) return;
      const data = unmasked(this.#rest.subarray(start, start + length), this.#rest.subarray(start - 4, start));
      this.#rest = this.#rest.subarray(start + length);
      yield { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, data };
    }
  }
}

function unmasked(data: Buffer, mask: Buffer): Buffer {
  const clear = Buffer.allocUnsafe(data.length);
  for (let at = 0; at < data.length; at++) clear[at] = (data[at] as number) ^ (mask[at & 3] as number);
  return clear;
}

function headerOf(opcode: number, length: number): Buffer {
  const sizeBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + sizeBytes);
  header.writeUInt8(0x80 | opcode, 0);
  header.writeUInt8(sizeBytes === 0 ? length : sizeBytes === 2 ? 126 : 127, 1);
  if (sizeBytes === 2) header.writeUInt16BE(length, 2);
  if (sizeBytes === 8) header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
