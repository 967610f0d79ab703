import { messageOf } from "../../core/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";

/** Where in the pipeline a publish failed: what may be masked, and what is told, depends on it. */
export type PublishStage = "request" | "target" | "class" | "mount" | "provider" | "write" | "status";

/** A publish that failed: the status that kubelet gets, and the label the metrics get. */
export class PublishFailure extends GrpcError {
  readonly stage: PublishStage;
  readonly errorType: string;

  constructor(stage: PublishStage, code: number, message: string, errorType: string, cause?: unknown) {
    super(code, message, { cause });
    this.stage = stage;
    this.errorType = errorType;
  }
}

/** What kubelet sees of a driver that dies in the middle of a call. Nothing masks it. */
export class DriverPanic extends GrpcError {
  constructor(message: string) {
    super(GrpcStatus.UNAVAILABLE, `panic: ${message}`);
  }
}

/** The values of the metric label `error_type` (the driver's specification, §8). */
export const ErrorType = {
  mount: "FailedToMount",
  mountPoint: "FailedToEnsureMountPoint",
  classNotFound: "SecretProviderClassNotFound",
  provider: "GRPCProviderError",
  write: "FileWriteError",
  lookup: "FailedToLookupProviderGRPCClient",
  none: "",
} as const;

export function invalidRequest(message: string): PublishFailure {
  return new PublishFailure("request", GrpcStatus.INVALID_ARGUMENT, message, ErrorType.mount);
}

/** As Go prints an error: a gRPC status with its code, anything else by its text. */
export function goText(error: unknown): string {
  return error instanceof GrpcError ? error.toString() : messageOf(error);
}

/** A provider's status keeps its code on its way to kubelet; everything else is Unknown. */
export function codeOf(error: unknown): number {
  return error instanceof GrpcError ? error.code : GrpcStatus.UNKNOWN;
}
