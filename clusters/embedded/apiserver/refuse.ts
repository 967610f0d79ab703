import { isMountproofError, messageOf } from "../../../core/index.ts";
import { KubeStatusError } from "../../../kube/client.ts";
import type { Status } from "../../../kube/types.ts";
import type { HttpExchange } from "../../../net/index.ts";
import type { AuditTrail } from "./audit/audit.ts";
import type { ApiRequest } from "./pipeline.ts";
import { negotiate } from "./read/negotiate.ts";
import { codecFor, warningHeaders } from "./read/read.ts";
import type { ServerContext } from "./server-context.ts";
import { failure } from "./validation/field-error.ts";

/** What a body may hold: the default of `net/http-server.ts`, which is a real server's. */
const MOST_BYTES = 3 * 1024 * 1024;

/**
 * Every refusal is a Status; what nobody meant to refuse is a 500 and stands in the log. What the client was to be
 * warned of until then it is told all the same.
 */
export function refuse(
  server: ServerContext,
  { exchange, warnings }: Pick<ApiRequest, "exchange" | "warnings">,
  error: unknown,
  trail: AuditTrail | undefined,
): void {
  if (exchange.raw.response.headersSent) {
    exchange.reset();
    return;
  }
  const status = statusOf(error);
  trail?.refused(status);
  if (status.code === 500 && !(error instanceof KubeStatusError))
    server.log.error("a request failed", { operation: `${exchange.method} ${exchange.path}`, error: messageOf(error) });
  const { retryAfterSeconds } = status.details ?? {};
  const headers = {
    ...warningHeaders(warnings),
    ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
  };
  const codec = codecFor(server, status);
  if (codec !== undefined && prefersProtobuf(exchange)) {
    const type = "application/vnd.kubernetes.protobuf";
    exchange.respond(status.code ?? 500, { ...headers, "content-type": type }, codec.encode(status));
  } else exchange.json(status.code ?? 500, status, headers);
}

/** A refusal is told in the client's form, in JSON when none of its forms is known. */
function prefersProtobuf({ headers }: HttpExchange): boolean {
  try {
    return negotiate(headers.accept, true) === "protobuf";
  } catch {
    return false;
  }
}

/** The fields stand in the order in which Go writes them, for who reads the text. */
function statusOf(error: unknown): Status {
  const { code, details, reason, ...head } = bareStatusOf(error);
  return {
    ...head,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    ...(code !== undefined && { code }),
  };
}

function bareStatusOf(error: unknown): Status {
  if (error instanceof KubeStatusError) return error.status;
  if (isMountproofError(error) && error.code === "resource_exhausted")
    return failure(413, "RequestEntityTooLarge", `Request entity too large: limit is ${MOST_BYTES}`);
  return failure(500, "InternalError", `Internal error occurred: ${messageOf(error)}`);
}
