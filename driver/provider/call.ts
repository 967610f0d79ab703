import { type Clock, type Random, waiting } from "../../core/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import { abortedAs } from "../waiting.ts";
import { type BackoffRule, MAX_ATTEMPTS, RECONNECT, RETRY, waitOf } from "./backoff.ts";

export type CallContext = { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal };

/**
 * Calls a provider as gRPC does under the driver's service config: waits for a connection as long as the deadline
 * allows (`waitForReady`), and asks up to three times while the answer is UNAVAILABLE.
 * @throws GrpcError the provider's own, in go-grpc's words
 */
export async function callProvider<T>(attempt: () => Promise<T>, context: CallContext): Promise<T> {
  let refusals = 0;
  for (let attempts = 1; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      if (context.signal.aborted) throw abortedAs(context.signal);
      if (!error.connected) await rest(RECONNECT, refusals++, context);
      else if (error.code !== GrpcStatus.UNAVAILABLE || attempts === MAX_ATTEMPTS) throw inGoWords(error);
      else await rest(RETRY, attempts++ - 1, context);
    }
  }
}

async function rest(rule: BackoffRule, round: number, { clock, random, signal }: CallContext): Promise<void> {
  const ms = waitOf(rule, round, random);
  try {
    await waiting(clock, "waits for the provider", () => clock.sleep(ms, { signal }));
  } catch {
    throw abortedAs(signal);
  }
}

const TOO_LARGE = /^Received message larger than max \((\d+) vs\.? (\d+)\)$/;

/** grpc-js words some of its own findings differently from go-grpc; people search for the latter. */
function inGoWords(error: GrpcError): GrpcError {
  const tooLarge = TOO_LARGE.exec(error.details);
  if (error.code !== GrpcStatus.RESOURCE_EXHAUSTED || tooLarge === null) return error;
  const [, size, limit] = tooLarge;
  return new GrpcError(error.code, `grpc: received message larger than max (${size} vs. ${limit})`, { cause: error });
}
