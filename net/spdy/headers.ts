import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { MountproofError } from "../../core/index.ts";
import { spdyDictionary } from "./dictionary.ts";

/** More than any client of Kubernetes sends in one block. */
const MAX_BLOCK = 64 * 1024;

/** The two compressions of a SPDY connection's headers; each goes on from block to block (SPDY/3 §2.6.10.1). */
export class HeaderCodec implements Disposable {
  readonly #inflate: Inflate;
  readonly #deflate: Deflate;

  constructor() {
    const dictionary = spdyDictionary();
    this.#inflate = createInflate({ dictionary });
    this.#deflate = createDeflate({ dictionary });
    // A broken block fails the call that reads it.
    this.#inflate.on("error", () => {});
  }

  [Symbol.dispose](): void {
    this.#inflate.destroy();
    this.#deflate.destroy();
  }

  /** @throws MountproofError `protocol` for a block that cannot be read */
  async decode(block: Buffer): Promise<ReadonlyMap<string, string>> {
    const inflate = this.#inflate;
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => reject(broken(error.message));
      inflate.once("error", fail);
      inflate.write(block, () => {
        inflate.off("error", fail);
        resolve();
      });
    });
    return parseBlock(taken(inflate));
  }

  async encode(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    const parts = [uint32(headers.size)];
    for (const [name, value] of headers)
      parts.push(uint32(name.length), Buffer.from(name), uint32(value.length), Buffer.from(value));
    this.#deflate.write(Buffer.concat(parts));
    await new Promise<void>((resolve) => this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    return taken(this.#deflate);
  }
}

function parseBlock(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const number = (): number => {
    if (at + 4 > bytes.length) throw broken("a header block is too short");
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (length > MAX_BLOCK || at + length > bytes.length) throw broken("a header block is too short");
    at += length;
    return bytes.toString("utf8", at - length, at);
  };
  for (let left = number(); left > 0; left--) {
    const name = text();
    headers.set(name, text());
  }
  return headers;
}

function taken(stream: Inflate | Deflate): Buffer {
  const chunks: Buffer[] = [];
  for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null)
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function broken(why: string): MountproofError {
  return new MountproofError("invalid_argument", { message: `the SPDY conversation is broken: ${why}` });
}
