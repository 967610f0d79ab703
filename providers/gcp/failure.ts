import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { messageOf } from "../../core/index.ts";
import { ErrorInfoSchema, StatusSchema } from "../../wire/gen/google_rpc_pb.ts";
import { GrpcError, GrpcStatus } from "../kit/index.ts";
import type { GcpObject } from "./parameters.ts";

/** One entry that could not be had. */
export type ObjectFailure = { readonly object: GcpObject; readonly error: unknown };

/**
 * The end of a mount whose objects could not all be had: INTERNAL, each object named, each cause kept as a detail.
 */
export function mountFailure(failures: readonly ObjectFailure[]): GrpcError {
  const message = failures.map(({ object, error }) => `${nameOf(object)}: ${shownError(error)}`).join(",");
  const details = failures.map(({ error }) => anyPack(StatusSchema, statusOf(error)));
  return new GrpcError(GrpcStatus.INTERNAL, message, {
    statusDetails: toBinary(StatusSchema, create(StatusSchema, { code: GrpcStatus.INTERNAL, message, details })),
    cause: failures[0]?.error,
  });
}

/** Empty fields leave their spaces, as Go prints them. */
function nameOf({ resourceName, fileName, path }: GcpObject): string {
  return `{${resourceName} ${fileName} ${path}}`;
}

/** As gax's APIError prints an answer of Google's, else the error's own text. */
export function shownError(error: unknown): string {
  if (!(error instanceof GrpcError)) return messageOf(error);
  const info = errorInfoOf(error);
  if (info === undefined) return error.toString();
  const metadata = Object.entries(info.metadata).map(([key, value]) => `${key}:${value}`);
  return `${error.toString()}\nerror details: name = ErrorInfo reason = ${info.reason} domain = ${info.domain} metadata = map[${metadata.sort().join(" ")}]`;
}

function errorInfoOf({ statusDetails }: GrpcError) {
  if (statusDetails === undefined) return undefined;
  try {
    const { details } = fromBinary(StatusSchema, statusDetails);
    const packed = details.find(({ typeUrl }) => typeUrl.endsWith("/google.rpc.ErrorInfo"));
    return packed === undefined ? undefined : fromBinary(ErrorInfoSchema, packed.value);
  } catch {
    return undefined;
  }
}

function statusOf(error: unknown) {
  return error instanceof GrpcError
    ? create(StatusSchema, { code: error.code, message: error.details })
    : create(StatusSchema, { code: GrpcStatus.UNKNOWN, message: messageOf(error) });
}
