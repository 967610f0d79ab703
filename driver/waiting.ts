import { GrpcError, GrpcStatus } from "../wire/grpc/index.ts";

/** Resolves with `work`, or rejects as {@link abortedAs} says when the signal aborts first. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(abortedAs(signal));
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortedAs(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** What ended the call: its deadline, or the caller. */
export function abortedAs(signal: AbortSignal): GrpcError {
  const { reason } = signal;
  return reason instanceof GrpcError && reason.code === GrpcStatus.CANCELLED
    ? new GrpcError(GrpcStatus.CANCELLED, "context canceled", { cause: reason })
    : new GrpcError(GrpcStatus.DEADLINE_EXCEEDED, "context deadline exceeded", { cause: reason });
}
