import { gunzipSync, inflateSync } from "node:zlib";
import { GrpcError, GrpcStatus } from "../../wire/grpc/status.ts";

const PREFIX_BYTES = 5;

/** A message as it travels: a flag, four bytes of length, the bytes (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export function frame(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

/**
 * The one message of a unary body.
 * @throws GrpcError INTERNAL for a body that is cut or holds more, UNIMPLEMENTED for a compression nobody agreed on,
 * RESOURCE_EXHAUSTED over the limit; undefined for an empty body
 */
export function unframe(body: Buffer, encoding: string | undefined, limit: number): Buffer | undefined {
  if (body.length === 0) return undefined;
  if (body.length < PREFIX_BYTES) throw new GrpcError(GrpcStatus.INTERNAL, "unexpected EOF");
  const length = body.readUInt32BE(1);
  if (length > limit)
    throw new GrpcError(
      GrpcStatus.RESOURCE_EXHAUSTED,
      `grpc: received message larger than max (${length} vs. ${limit})`,
    );
  const end = PREFIX_BYTES + length;
  if (body.length < end) throw new GrpcError(GrpcStatus.INTERNAL, "unexpected EOF");
  if (body.length > end)
    throw new GrpcError(GrpcStatus.INTERNAL, "cardinality violation: received multiple messages for a unary call");
  const message = body.subarray(PREFIX_BYTES, end);
  return body[0] === 0 ? message : inflated(message, encoding);
}

function inflated(message: Buffer, encoding: string | undefined): Buffer {
  if (encoding === "gzip") return gunzipSync(message);
  if (encoding === "deflate") return inflateSync(message);
  throw new GrpcError(
    GrpcStatus.UNIMPLEMENTED,
    `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding ?? "identity")}`,
  );
}

/** `grpc-message` is percent-encoded: everything but printable ASCII, and the percent sign itself. */
export function encodeMessage(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .join("");
}

export function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };

/** `grpc-timeout` in milliseconds; undefined for a header that is absent or none. */
export function parseTimeout(header: string | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(header ?? "");
  return match === null ? undefined : Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? 0);
}

/** At most eight digits and a unit. */
export function formatTimeout(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  return whole < 100_000_000 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(whole / 1000))}S`;
}
