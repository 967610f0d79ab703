import { goJson, goJsonError, goTokenOf } from "../../core/go/index.ts";
import { type Clock, messageOf } from "../../core/index.ts";
import type { HttpClient } from "../../net/index.ts";
import { networkFailure, type ProviderBehaviour } from "../kit/index.ts";
import { DEFAULTS } from "./spec.ts";

/** What goes into the `authorization` of a call. */
export type AccessToken = { readonly type: string; readonly value: string };

export type ExchangeRequest = {
  readonly endpoint: string;
  readonly audience: string;
  /** The pod's ServiceAccount token. */
  readonly subjectToken: string;
};

const TOTAL_MS = 60_000;

/**
 * Trades a Kubernetes token for one of Google's (RFC 8693), in one try.
 * @param onStatus told the HTTP status, for the provider's metrics
 * @throws Error `unable to fetch identitybindingtoken: …`
 */
export async function exchangeToken(
  parts: { readonly clock: Clock; readonly http: HttpClient; readonly behaviour: ProviderBehaviour },
  { endpoint, audience, subjectToken }: ExchangeRequest,
  signal: AbortSignal,
  onStatus: (status: number, tookMs: number) => void,
): Promise<AccessToken> {
  const failed = (why: string, cause?: unknown): Error =>
    new Error(`unable to fetch identitybindingtoken: ${why}`, { cause });
  const began = parts.clock.now();
  let status: number;
  let text: string;
  try {
    const response = await parts.http.request({
      method: "POST",
      url: endpoint,
      headers: { "content-type": "application/json" },
      body: goJson({
        audience,
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
        scope: DEFAULTS.scope,
        subject_token: subjectToken,
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      }),
      deadlineMs: TOTAL_MS,
      signal,
    });
    status = response.status;
    text = response.body.toString("utf8");
  } catch (error) {
    if (signal.aborted) throw error;
    const { hostname, port, protocol } = new URL(endpoint);
    const target = { host: hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) };
    throw failed(`Post ${JSON.stringify(endpoint)}: ${networkFailure(error, target).text}`, error);
  }
  onStatus(status, parts.clock.now() - began);
  if (status !== 200) {
    const why = parts.behaviour === "hardened" ? reasonOf(text) : "";
    throw failed(`could not get idbindtoken token, status: ${status}${why}`);
  }
  try {
    return readToken(text);
  } catch (error) {
    throw failed(messageOf(error));
  }
}

/** Why the exchange refused, as it says itself; nothing of the request is in it. */
function reasonOf(text: string): string {
  try {
    const { error, error_description: description } = JSON.parse(text) as Record<string, unknown>;
    return typeof error === "string" ? `: ${error}${typeof description === "string" ? `: ${description}` : ""}` : "";
  } catch {
    return "";
  }
}

/**
 * Reads an OAuth 2 token answer, as Go decodes it.
 * @throws Error in encoding/json's words
 */
export function readToken(text: string): AccessToken {
  const problem = goJsonError(text);
  if (problem !== undefined) throw new Error(problem);
  const answer = (JSON.parse(text) ?? {}) as Record<string, unknown>;
  const wrong = (field: string, value: unknown, type: string): Error =>
    new Error(`json: cannot unmarshal ${goTokenOf(value)} into Go struct field Token.${field} of type ${type}`);
  const string = (field: string): string => {
    const value = answer[field];
    if (value !== undefined && value !== null && typeof value !== "string") throw wrong(field, value, "string");
    return value ?? "";
  };
  const value = string("access_token");
  const type = string("token_type");
  const { expires_in: expiresIn } = answer;
  if (expiresIn !== undefined && expiresIn !== null && typeof expiresIn !== "number")
    throw wrong("expires_in", expiresIn, "int64");
  return { value, type: typeName(type) };
}

/** As golang.org/x/oauth2's Token.Type: the three it knows in their own spelling. */
function typeName(type: string): string {
  switch (type.toLowerCase()) {
    case "":
    case "bearer":
      return "Bearer";
    case "mac":
      return "MAC";
    case "basic":
      return "Basic";
    default:
      return type;
  }
}
