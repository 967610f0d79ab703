import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock } from "../core/index.ts";
import { acceptWebSocket, type RunningHttpServer, startHttpServer, type WebSocketConnection } from "./index.ts";

let server: RunningHttpServer;
let accepted: PromiseWithResolvers<WebSocketConnection>;
beforeEach(async () => {
  accepted = Promise.withResolvers();
  server = await startHttpServer({
    clock: new RealClock(),
    name: "sockets",
    handler: (exchange) => exchange.respond(404),
    onUpgrade: (request, socket, head) => {
      try {
        accepted.resolve(acceptWebSocket(request, socket, head, { protocols: ["echo", "v5"], maxMessageBytes: 1000 }));
      } catch {
        socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      }
    },
  });
});
afterEach(() => server[Symbol.asyncDispose]());

/** The key of RFC 6455 §1.3, whose answer stands there. */
const HEAD = [
  "GET /chat HTTP/1.1",
  "Host: server",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];
class Client {
  readonly #socket: Socket;
  #got = Buffer.alloc(0);

  constructor(protocols: string, head: readonly string[] = HEAD) {
    this.#socket = connect(server.port, "127.0.0.1");
    this.#socket.on("data", (chunk) => {
      this.#got = Buffer.concat([this.#got, chunk]);
    });
    this.#socket.write(`${[...head, `Sec-WebSocket-Protocol: ${protocols}`].join("\r\n")}\r\n\r\n`);
  }

  /** Everything until the server ends the connection. */
  async all(): Promise<Buffer> {
    await new Promise((resolve) => this.#socket.once("close", resolve));
    return this.#got;
  }

  frame(first: number, text: string | Buffer, isMasked = true): this {
    const data = Buffer.from(text);
    const mask = Buffer.from([1, 2, 3, 4]);
    const long = data.length > 125;
    const size = Buffer.alloc(long ? 3 : 1);
    size.writeUInt8((isMasked ? 0x80 : 0) | (long ? 126 : data.length), 0);
    if (long) size.writeUInt16BE(data.length, 1);
    const masked = data.map((byte, at) => byte ^ (mask[at & 3] ?? 0));
    this.#socket.write(Buffer.concat([Buffer.of(first), size, ...(isMasked ? [mask, masked] : [data])]));
    return this;
  }

  end(): this {
    this.#socket.end();
    return this;
  }
}
const received = async (): Promise<string[]> => {
  const messages: string[] = [];
  for await (const message of (await accepted.promise).messages()) messages.push(message.toString());
  return messages;
};
/** What follows the head of the answer. */
const framesOf = (all: Buffer): string => all.subarray(all.indexOf("\r\n\r\n") + 4).toString("hex");

test("the handshake takes the client's first subprotocol that is spoken, and proves that it read the key", async () => {
  const client = new Client("other, v5, echo");
  const connection = await accepted.promise;
  expect(connection.protocol).toBe("v5");
  connection.close();
  const answer = (await client.all()).toString("latin1");
  expect(answer).toContain("HTTP/1.1 101 ");
  expect(answer).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  expect(answer).toContain("Sec-WebSocket-Protocol: v5");
});

test("without a subprotocol in common there is no conversation", async () => {
  expect((await new Client("other").all()).toString()).toContain("HTTP/1.1 400");
});

test("messages come whole and in order, whatever their frames; a ping is answered in between", async () => {
  const client = new Client("echo").frame(0x02, "Hel").frame(0x89, "?").frame(0x80, "lo").frame(0x82, "x".repeat(300));
  const messages = received();
  client.frame(0x88, "");
  expect(await messages).toEqual(["Hello", "x".repeat(300)]);
  // The pong with its text, then the close with code 1000.
  expect(framesOf(await client.all())).toBe(`8a01${Buffer.from("?").toString("hex")}880203e8`);
});

test.each([
  ["a frame without a mask", (client: Client) => client.frame(0x82, "a", false), "03ea"],
  ["a continuation of nothing", (client: Client) => client.frame(0x80, "a"), "03ea"],
  ["a message over the limit", (client: Client) => client.frame(0x82, "x".repeat(1001)), "03f1"],
  [
    "a message over the limit in parts",
    (client: Client) => client.frame(0x02, "x".repeat(600)).frame(0x80, "x".repeat(600)),
    "03f1",
  ],
])("%s ends the conversation", async (_what, send, code) => {
  const client = send(new Client("echo"));
  expect(await received()).toEqual([]);
  expect(framesOf(await client.all())).toBe(`8802${code}`);
});

test("a client that goes away ends the messages, and the conversation's signal says so", async () => {
  new Client("echo").frame(0x82, "a").end();
  expect(await received()).toEqual(["a"]);
  const { signal } = await accepted.promise;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  expect(signal.aborted).toBe(true);
});
