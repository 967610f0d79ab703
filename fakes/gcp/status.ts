import { create, createRegistry, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
  StatusSchema,
} from "../../wire/gen/google_rpc_pb.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/status.ts";

/** Details that an answer in JSON shows unpacked. */
export const DETAILS = createRegistry(
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
);

/** google.rpc.Code by number, as JSON answers spell it. */
export const CODE_NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

const HTTP_OF_CODE: Readonly<Record<number, number>> = {
  1: 499,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  15: 500,
  16: 401,
};

const CODE_OF_HTTP: Readonly<Record<number, number>> = {
  400: GrpcStatus.INVALID_ARGUMENT,
  401: GrpcStatus.UNAUTHENTICATED,
  403: GrpcStatus.PERMISSION_DENIED,
  404: GrpcStatus.NOT_FOUND,
  409: GrpcStatus.ABORTED,
  429: GrpcStatus.RESOURCE_EXHAUSTED,
  499: GrpcStatus.CANCELLED,
  501: GrpcStatus.UNIMPLEMENTED,
  503: GrpcStatus.UNAVAILABLE,
  504: GrpcStatus.DEADLINE_EXCEEDED,
};

export type ErrorInfo = MessageInitShape<typeof ErrorInfoSchema>;

/** A refusal as Google's APIs give it: code, message, and a machine-readable reason where they give one. */
export function refusal(code: number, message: string, info?: ErrorInfo): GrpcError {
  if (info === undefined) return new GrpcError(code, message);
  const status = create(StatusSchema, {
    code,
    message,
    details: [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, info))],
  });
  return new GrpcError(code, message, { statusDetails: toBinary(StatusSchema, status) });
}

export const invalid = (message: string): GrpcError => refusal(GrpcStatus.INVALID_ARGUMENT, message);
export const notFound = (message: string): GrpcError => refusal(GrpcStatus.NOT_FOUND, message);
export const precondition = (message: string): GrpcError => refusal(GrpcStatus.FAILED_PRECONDITION, message);
export const unimplemented = (what: string): GrpcError =>
  refusal(GrpcStatus.UNIMPLEMENTED, `${what} is not served by this stand-in.`);

/** Nobody, or somebody unknown: the two ways to be unauthenticated. */
export function unauthenticated(
  reason: "CREDENTIALS_MISSING" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED",
): GrpcError {
  const what =
    reason === "CREDENTIALS_MISSING"
      ? "Request is missing required authentication credential."
      : "Request had invalid authentication credentials.";
  return refusal(
    GrpcStatus.UNAUTHENTICATED,
    `${what} Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.`,
    { reason, domain: "googleapis.com" },
  );
}

export function permissionDenied(permission: string, resource: string): GrpcError {
  return refusal(
    GrpcStatus.PERMISSION_DENIED,
    `Permission '${permission}' denied for resource '${resource}' (or it may not exist).`,
    { reason: "IAM_PERMISSION_DENIED", domain: "iam.googleapis.com", metadata: { permission, resource } },
  );
}

/** The HTTP status that goes with a code. */
export function httpStatusOf(code: number): number {
  return HTTP_OF_CODE[code] ?? 500;
}

export function codeOfHttp(status: number): number {
  return CODE_OF_HTTP[status] ?? (status >= 500 ? GrpcStatus.INTERNAL : GrpcStatus.UNKNOWN);
}

/** The body of an error answer over plain HTTP. */
export function errorBody(error: GrpcError): object {
  const { code, details: message, statusDetails } = error;
  const packed = statusDetails === undefined ? [] : fromBinary(StatusSchema, statusDetails).details;
  const details = packed.flatMap((any) => {
    const unpacked = anyUnpack(any, DETAILS);
    return unpacked === undefined ? [] : [{ "@type": any.typeUrl, ...plain(unpacked) }];
  });
  return {
    error: {
      code: httpStatusOf(code),
      message,
      status: CODE_NAMES[code] ?? "UNKNOWN",
      ...(details.length > 0 && { details }),
    },
  };
}

function plain(message: object): object {
  const entries = Object.entries(message).filter(([key]) => !key.startsWith("$"));
  return Object.fromEntries(entries);
}
