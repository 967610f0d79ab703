/** gRPC status codes (grpc/grpc, doc/statuscodes.md). */
export const GrpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** The trailer by which a status brings its details (gRPC, "Richer error model"). */
export const STATUS_DETAILS = "grpc-status-details-bin";

/** As Go's `codes.Code.String()` spells them: these names reach events and logs. */
const NAMES = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
] as const;

/** `3` → `InvalidArgument`; a code outside the list → `Code(77)`, as Go prints it. */
export function codeName(code: number): string {
  return NAMES[code] ?? `Code(${code})`;
}

/** `InvalidArgument` → 3; undefined for a name that is not one. */
export function codeOfName(name: string): number | undefined {
  const code = (NAMES as readonly string[]).indexOf(name);
  return code < 0 ? undefined : code;
}

export type GrpcErrorOptions = {
  /** False when no connection came about: the server never saw the call. Default true. */
  readonly connected?: boolean;
  /** A google.rpc.Status with details, encoded: what `grpc-status-details-bin` carries. */
  readonly statusDetails?: Uint8Array;
  readonly cause?: unknown;
};

/** A call that did not end in OK: the code and text that crossed the wire, and nothing else. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: number;
  readonly details: string;
  readonly connected: boolean;
  readonly statusDetails: Uint8Array | undefined;

  constructor(code: number, details: string, options: GrpcErrorOptions = {}) {
    super(details, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = details;
    this.connected = options.connected ?? true;
    this.statusDetails = options.statusDetails;
  }

  get codeName(): string {
    return codeName(this.code);
  }

  /** As Go's `status.Error` prints: `rpc error: code = NotFound desc = …`. */
  override toString(): string {
    return `rpc error: code = ${this.codeName} desc = ${this.details}`;
  }
}
