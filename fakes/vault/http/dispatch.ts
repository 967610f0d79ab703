import { serve, type Trace } from "../core/core.ts";
import { type Answer, errorAnswer } from "../core/envelope.ts";
import type { VaultState } from "../core/state.ts";
import { VaultError } from "../framework/errors.ts";
import { type HttpInput, parseRequest } from "./parse.ts";
import { elsewhere, statusAnswer } from "./status.ts";

/** Headers on everything that Vault sends. */
export const STANDARD_HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
};

/**
 * Answers an HTTP request, whoever brought it. `rawTarget` is path and query as sent, for a redirect.
 * `trace` is filled with what was found out on the way.
 */
export async function dispatch(
  state: VaultState,
  input: HttpInput,
  rawTarget: string,
  trace: Trace = {},
): Promise<Answer> {
  if (!input.path.startsWith("/v1/")) return errorAnswer(404, []);
  const known = await statusAnswer(state, input);
  if (known !== undefined) return known;
  const away = elsewhere(state, input, rawTarget);
  if (away !== undefined) return away;
  if (state.seal.isSealed) return errorAnswer(503, ["Vault is sealed"]);
  const path = input.path.slice("/v1/".length);
  const quota = state.quotas.isEmpty ? undefined : state.quotas.take(path, input.remoteAddress);
  const quotaHeaders = quota !== undefined && state.quotas.sendsHeaders ? { headers: quota.headers } : {};
  if (quota?.isAllowed === false)
    return {
      ...errorAnswer(429, [`request path ${JSON.stringify(path)}: rate limit quota exceeded`]),
      ...quotaHeaders,
    };
  try {
    const request = await parseRequest(input, state.namespaces, state.random.uuid());
    return { ...(await serve(state, request, trace)), ...quotaHeaders };
  } catch (error) {
    if (error instanceof VaultError) return errorAnswer(error.status, error.body(true));
    throw error;
  }
}
