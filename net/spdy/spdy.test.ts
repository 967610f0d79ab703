import { PassThrough } from "node:stream";
import { constants, createDeflate, createInflate } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type SpdyStream, serveSpdy } from "./connection.ts";
import { spdyDictionary } from "./dictionary.ts";
import { uint32 } from "./headers.ts";

/** A client as moby/spdystream is one: bytes by hand, headers by one compression for all blocks. */
class Client {
  readonly input = new PassThrough();
  readonly #deflate = createDeflate({ dictionary: spdyDictionary() });
  readonly #inflate = createInflate({ dictionary: spdyDictionary() });
  #got = Buffer.alloc(0);

  take(bytes: Buffer): boolean {
    this.#got = Buffer.concat([this.#got, bytes]);
    return true;
  }

  control(type: number, flags: number, payload: Buffer): void {
    const head = Buffer.from([0x80, 3, 0, type, flags, 0, 0, 0]);
    head.writeUIntBE(payload.length, 5, 3);
    this.input.write(Buffer.concat([head, payload]));
  }

  async open(id: number, headers: Readonly<Record<string, string>>, flags = 0): Promise<void> {
    const entries = Object.entries(headers).flatMap(([name, value]) => [
      uint32(name.length),
      Buffer.from(name),
      uint32(value.length),
      Buffer.from(value),
    ]);
    this.#deflate.write(Buffer.concat([uint32(Object.keys(headers).length), ...entries]));
    await new Promise<void>((resolve) => this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    const block = this.#deflate.read() as Buffer;
    this.control(1, flags, Buffer.concat([uint32(id), uint32(0), Buffer.alloc(2), block]));
  }

  data(id: number, text: string, flags = 0): void {
    const head = Buffer.concat([uint32(id), Buffer.from([flags, 0, 0, 0])]);
    head.writeUIntBE(text.length, 5, 3);
    this.input.write(Buffer.concat([head, Buffer.from(text)]));
  }

  /** What came, in words; the header blocks of replies are read, so that a wrong compression shows. */
  async said(): Promise<string[]> {
    const words: string[] = [];
    for (let rest = this.#got; rest.length >= 8; ) {
      const length = rest.readUIntBE(5, 3);
      const payload = rest.subarray(8, 8 + length);
      const isLast = rest[4] === 1 ? " last" : "";
      if ((rest[0] ?? 0) < 0x80) words.push(`data ${rest.readUInt32BE(0)} "${payload.toString()}"${isLast}`);
      else if (rest[3] === 2) {
        await new Promise((resolve) => this.#inflate.write(payload.subarray(4), resolve));
        const headers = (this.#inflate.read() as Buffer).readUInt32BE(0);
        words.push(`reply ${payload.readUInt32BE(0)} with ${headers} headers`);
      } else words.push(`${{ 3: "reset", 6: "ping" }[rest[3] ?? 0] ?? rest[3]} ${payload.readUInt32BE(0)}`);
      rest = rest.subarray(8 + length);
    }
    return words;
  }
}

let client: Client;
let streams: SpdyStream[];
let served: Promise<void>;
let heard: string[];
beforeEach(() => {
  client = new Client();
  streams = [];
  heard = [];
  served = serveSpdy({
    input: client.input,
    send: (bytes) => client.take(bytes),
    onStream: (stream) => {
      streams.push(stream);
      stream.onData = (data) => void heard.push(`${stream.id}: ${data.toString()}`);
      stream.onEnd = () => void heard.push(`${stream.id} ends`);
    },
  });
});
afterEach(async () => {
  client.input.end();
  await served;
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

test("the dictionary is the draft's: 1423 bytes", () => {
  expect(spdyDictionary()).toHaveLength(1423);
});

test("streams have their headers, are replied to, and carry data both ways until each side ends", async () => {
  await client.open(1, { streamtype: "error", port: "80", requestid: "0" }, 1);
  await client.open(3, { streamtype: "data", port: "80", requestid: "0" });
  client.data(3, "question");
  client.data(3, "", 1);
  await until(() => heard.length === 3);
  expect(streams.map(({ headers }) => [...headers])).toEqual([
    [
      ["streamtype", "error"],
      ["port", "80"],
      ["requestid", "0"],
    ],
    [
      ["streamtype", "data"],
      ["port", "80"],
      ["requestid", "0"],
    ],
  ]);
  expect(heard).toEqual(["1 ends", "3: question", "3 ends"]);
  streams[1]?.write(Buffer.from("answer"));
  streams[1]?.end();
  streams[1]?.end();
  expect(await client.said()).toEqual([
    "reply 1 with 0 headers",
    "reply 3 with 0 headers",
    'data 3 "answer"',
    'data 3 "" last',
  ]);
});

test("a frame may come byte by byte, and a ping is answered with its number", async () => {
  const head = Buffer.from([0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 7]);
  for (const byte of head) client.input.write(Buffer.of(byte));
  client.input.end();
  await served;
  expect(await client.said()).toEqual(["ping 7"]);
});

test("a client that goes away, or says so, ends its streams", async () => {
  await client.open(1, { streamtype: "data" });
  client.control(7, 0, Buffer.alloc(8));
  await served;
  expect(heard).toEqual(["1 ends"]);
});

test("a stream that is not wanted is reset", async () => {
  await client.open(1, { streamtype: "nonsense" });
  await until(() => streams.length === 1);
  streams[0]?.reset();
  expect(await client.said()).toEqual(["reply 1 with 0 headers", "reset 1"]);
});

test("a header block that cannot be read ends the conversation", async () => {
  client.control(1, 0, Buffer.concat([uint32(1), Buffer.alloc(6), Buffer.from("no compression")]));
  await expect(served).rejects.toThrow("the SPDY conversation is broken");
  served = Promise.resolve();
});
