import { STATUS_CODES } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { GrpcError, GrpcStatus, STATUS_DETAILS } from "../../wire/grpc/status.ts";
import { decodeMessage, unframe } from "./frame.ts";

/** What an HTTP status means where no gRPC status came (grpc/grpc, doc/http-grpc-status-mapping.md). */
const OF_HTTP: Readonly<Record<number, number>> = {
  400: GrpcStatus.INTERNAL,
  401: GrpcStatus.UNAUTHENTICATED,
  403: GrpcStatus.PERMISSION_DENIED,
  404: GrpcStatus.UNIMPLEMENTED,
  429: GrpcStatus.UNAVAILABLE,
  502: GrpcStatus.UNAVAILABLE,
  503: GrpcStatus.UNAVAILABLE,
  504: GrpcStatus.UNAVAILABLE,
};

/** Names of HTTP/2's error codes by number (RFC 9113, 7). */
const RESET_NAMES = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
] as const;

/** Gathers the answer of one call, and says in Go's words what was wrong with it. */
export class GrpcAnswer {
  readonly #stream: ClientHttp2Stream;
  readonly #session: ClientHttp2Session;
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #headers: IncomingHttpHeaders | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #hasEnded = false;

  constructor(stream: ClientHttp2Stream, session: ClientHttp2Session, limit: number) {
    this.#stream = stream;
    this.#session = session;
    this.#limit = limit;
    stream.on("response", (headers) => {
      this.#headers = headers;
    });
    stream.on("trailers", (trailers) => {
      this.#trailers = trailers;
    });
    stream.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    stream.on("end", () => {
      this.#hasEnded = true;
    });
    stream.on("error", () => {}); // 'close' follows
  }

  /** @throws GrpcError for every end but a message with status OK */
  message(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#stream.once("close", () => {
        try {
          resolve(this.#outcome());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #outcome(): Buffer {
    const headers = this.#headers;
    const final = this.#trailers ?? headers;
    const status = final?.["grpc-status"];
    if (headers === undefined || (status === undefined && this.#isCut())) throw this.#broken();
    const contentType = String(headers["content-type"] ?? "");
    if (status === undefined || !contentType.startsWith("application/grpc")) throw notGrpc(headers, contentType);
    const code = /^\d+$/.test(String(status)) ? Number(status) : GrpcStatus.INTERNAL;
    if (code !== GrpcStatus.OK) throw refusal(code, final ?? {});
    const message = unframe(Buffer.concat(this.#chunks), headers["grpc-encoding"] as string | undefined, this.#limit);
    if (message === undefined)
      throw new GrpcError(
        GrpcStatus.INTERNAL,
        "cardinality violation: received no response message from non-server-streaming RPC",
      );
    return message;
  }

  #isCut(): boolean {
    return !this.#hasEnded || this.#session.destroyed || (this.#stream.rstCode ?? 0) !== constants.NGHTTP2_NO_ERROR;
  }

  #broken(): GrpcError {
    const reset = this.#stream.rstCode ?? 0;
    if (this.#session.destroyed || this.#session.closed)
      return new GrpcError(GrpcStatus.UNAVAILABLE, "error reading from server: EOF");
    const code = reset === constants.NGHTTP2_REFUSED_STREAM ? GrpcStatus.UNAVAILABLE : GrpcStatus.INTERNAL;
    return new GrpcError(
      code,
      `stream terminated by RST_STREAM with error code: ${RESET_NAMES[reset] ?? String(reset)}`,
    );
  }
}

function refusal(code: number, final: IncomingHttpHeaders): GrpcError {
  const details = final[STATUS_DETAILS];
  return new GrpcError(code, decodeMessage(String(final["grpc-message"] ?? "")), {
    ...(typeof details === "string" && { statusDetails: Buffer.from(details, "base64") }),
  });
}

function notGrpc(headers: IncomingHttpHeaders, contentType: string): GrpcError {
  const http = Number(headers[":status"] ?? 0);
  const type =
    contentType === ""
      ? "malformed header: missing HTTP content-type"
      : `transport: received unexpected content-type ${JSON.stringify(contentType)}`;
  const unexpected = `unexpected HTTP status code received from server: ${http} (${STATUS_CODES[http] ?? ""})`;
  return new GrpcError(
    http === 200 ? GrpcStatus.UNKNOWN : (OF_HTTP[http] ?? GrpcStatus.UNKNOWN),
    http === 200 ? type : contentType.startsWith("application/grpc") ? unexpected : `${unexpected}; ${type}`,
  );
}
