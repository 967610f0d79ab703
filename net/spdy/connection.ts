import { HeaderCodec, uint32 } from "./headers.ts";

const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const VERSION = 0x8003;
const FIN = 1;
const CANCEL = 5;
/** Far more than a client of Kubernetes puts into one frame. */
const MAX_FRAME = 16 * 1024 * 1024;

/** One stream that the client opened. Both directions end by themselves. */
export interface SpdyStream {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  /** What the client sends on it; ends with its half of the stream. */
  onData: (data: Buffer) => void;
  onEnd: () => void;
  /** False: the client reads slower than is written. */
  write(data: Uint8Array): boolean;
  end(): void;
  /** Breaks it off. */
  reset(): void;
}

export type SpdyOptions = {
  /** Bytes of the client, in any pieces. */
  readonly input: AsyncIterable<Buffer>;
  readonly send: (data: Buffer) => boolean;
  /** Each stream, before its first data. */
  readonly onStream: (stream: SpdyStream) => void;
};

/**
 * The server's end of a SPDY/3.1 connection, as far as Kubernetes speaks it (moby/spdystream): streams that the client
 * opens with headers, data, half-closes, resets and pings. Flow control is not used there, nor here.
 * Resolves when the client is gone.
 */
export async function serveSpdy({ input, send, onStream }: SpdyOptions): Promise<void> {
  using codec = new HeaderCodec();
  const streams = new Map<number, Stream>();
  const control = (type: number, ...parts: readonly Buffer[]): void => {
    const payload = Buffer.concat(parts);
    const head = Buffer.alloc(8);
    head.writeUInt16BE(VERSION, 0);
    head.writeUInt16BE(type, 2);
    head.writeUIntBE(payload.length, 5, 3);
    send(Buffer.concat([head, payload]));
  };
  const data = (id: number, bytes: Uint8Array, isLast: boolean): boolean => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(id, 0);
    head.writeUInt8(isLast ? FIN : 0, 4);
    head.writeUIntBE(bytes.length, 5, 3);
    return send(Buffer.concat([head, bytes]));
  };
  const onControl = async (type: number, flags: number, payload: Buffer): Promise<boolean> => {
    if (type === SYN_STREAM) {
      const id = payload.readUInt32BE(0) & 0x7fffffff;
      const headers = await codec.decode(payload.subarray(10));
      const stream = new Stream(id, headers, data, () => {
        streams.delete(id);
        control(RST_STREAM, uint32(id), uint32(CANCEL));
      });
      streams.set(id, stream);
      control(SYN_REPLY, uint32(id), await codec.encode(new Map()));
      onStream(stream);
      if ((flags & FIN) !== 0) stream.onEnd();
    } else if (type === RST_STREAM) {
      const id = payload.readUInt32BE(0) & 0x7fffffff;
      streams.get(id)?.onEnd();
      streams.delete(id);
    } else if (type === PING) control(PING, payload);
    // Headers after the first, settings and window updates change nothing here.
    return type !== GOAWAY;
  };
  try {
    for await (const { head, payload } of frames(input)) {
      const flags = head.readUInt8(4);
      if ((head.readUInt8(0) & 0x80) !== 0) {
        if (!(await onControl(head.readUInt16BE(2), flags, payload))) return;
        continue;
      }
      const stream = streams.get(head.readUInt32BE(0));
      if (payload.length > 0) stream?.onData(payload);
      if ((flags & FIN) !== 0) stream?.onEnd();
    }
  } finally {
    for (const stream of streams.values()) stream.onEnd();
  }
}

class Stream implements SpdyStream {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  onData: (data: Buffer) => void = () => {};
  onEnd: () => void = () => {};
  readonly #send: (id: number, bytes: Uint8Array, isLast: boolean) => boolean;
  readonly #reset: () => void;
  #isEnded = false;

  constructor(
    id: number,
    headers: ReadonlyMap<string, string>,
    send: (id: number, bytes: Uint8Array, isLast: boolean) => boolean,
    reset: () => void,
  ) {
    this.id = id;
    this.headers = headers;
    this.#send = send;
    this.#reset = reset;
  }

  write(data: Uint8Array): boolean {
    return this.#isEnded || this.#send(this.id, data, false);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#send(this.id, new Uint8Array(), true);
  }

  reset(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#reset();
  }
}

async function* frames(
  input: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly head: Buffer; readonly payload: Buffer }> {
  let rest = Buffer.alloc(0);
  for await (const chunk of input) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const length = rest.readUIntBE(5, 3);
      if (length > MAX_FRAME) return;
      if (rest.length < 8 + length) break;
      yield { head: rest.subarray(0, 8), payload: rest.subarray(8, 8 + length) };
      rest = rest.subarray(8 + length);
    }
  }
}
