import { createSocket, type Socket } from "node:dgram";
import { closeSync } from "node:fs";
import type { NetworkNamespace } from "./namespace.ts";

/** What a name stands for: addresses, none of this family (it exists all the same), or nothing. */
export type Answer = readonly string[] | undefined;

const A = 1;
const IN = 1;
const ANY = 255;
const NOERROR = 0;
const NXDOMAIN = 3;
const NOTIMP = 4;
/** As CoreDNS serves cluster names. */
const TTL_SECONDS = 30;

/** A name server for addresses of IPv4, over UDP. */
export async function serveDns(
  namespace: NetworkNamespace,
  host: string,
  answerTo: (name: string) => Promise<Answer>,
): Promise<AsyncDisposable> {
  const fd = namespace.bindDatagrams(host, 53);
  const socket = createSocket("udp4");
  try {
    await bound(socket, fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  socket.on("error", () => undefined);
  socket.on("message", (query, { address, port }) => {
    void answer(query, answerTo).then(
      (reply) => reply !== undefined && socket.send(reply, port, address, () => undefined),
      () => undefined,
    );
  });
  return {
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function bound(socket: Socket, fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ fd }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

/** The answer to a query's bytes; undefined for what is no query (RFC 1035). */
export async function answer(query: Buffer, answerTo: (name: string) => Promise<Answer>): Promise<Buffer | undefined> {
  if (query.length < 12 || (query.readUInt16BE(2) & 0x8000) !== 0 || query.readUInt16BE(4) !== 1) return undefined;
  const question = questionOf(query);
  if (question === undefined) return undefined;
  const { name, type, end } = question;
  const isQuery = ((query.readUInt16BE(2) >> 11) & 0xf) === 0;
  const found = isQuery ? await answerTo(name) : undefined;
  const records = (found ?? []).filter(() => type === A || type === ANY).map(record);
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  const code = isQuery ? (found === undefined ? NXDOMAIN : NOERROR) : NOTIMP;
  // An authoritative answer; recursion is as desired as the query says, and at hand.
  head.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x7900) | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, end), ...records]);
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } | undefined {
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = query[at];
    // A question is the first name of a message: nothing stands before it that it could point to.
    if (length === undefined || length > 63) return undefined;
    at++;
    if (length === 0) break;
    labels.push(query.toString("latin1", at, at + length));
    at += length;
  }
  if (at + 4 > query.length || query.readUInt16BE(at + 2) !== IN) return undefined;
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at), end: at + 4 };
}

/** An address of the name that the question asks for. */
function record(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(0xc00c, 0);
  bytes.writeUInt16BE(A, 2);
  bytes.writeUInt16BE(IN, 4);
  bytes.writeUInt32BE(TTL_SECONDS, 6);
  bytes.writeUInt16BE(4, 10);
  for (const [index, part] of address.split(".").entries()) bytes[12 + index] = Number(part);
  return bytes;
}
