import type { JsonObject } from "../../../core/go/json.ts";
import { envelope } from "../core/envelope.ts";
import type { VaultState } from "../core/state.ts";
import { refuse } from "../framework/errors.ts";
import type { Result, VaultRequest, VaultResponse } from "../framework/request.ts";
import { goTime } from "../values/duration.ts";
import type { TokenEntry } from "./token.ts";

/** The text of Vault's ErrInvalidWrappingToken. */
export const INVALID_WRAPPING_TOKEN = "wrapping token is not valid or does not exist";

/** Puts a response into the cubbyhole of a one-use token, where the request asked for that. */
export function wrapResponse(state: VaultState, request: VaultRequest, result: Result): Result {
  const ttl = request.wrapSeconds;
  if (ttl === undefined || ttl <= 0 || result === undefined || isUnwrappable(request.path)) return result;
  return wrapBody(state, request, bodyOf(state, request, result), ttl, request.path, result.auth?.accessor);
}

/** Never wrapped again: what takes wrappings apart. */
function isUnwrappable(path: string): boolean {
  return path === "sys/wrapping/unwrap" || path === "sys/wrapping/lookup" || path === "sys/wrapping/rewrap";
}

function bodyOf(state: VaultState, request: VaultRequest, response: VaultResponse): string {
  const mount = request.namespace.mounts.route(request.path);
  const answer = envelope(response, {
    requestId: request.id,
    mountType: mount?.type ?? "",
    injectsData: false,
    dialect: state.dialect,
  });
  return answer.body;
}

/** A fresh wrapping token around a ready body. */
export function wrapBody(
  state: VaultState,
  request: VaultRequest,
  body: string,
  ttl: number,
  creationPath: string,
  wrappedAccessor?: string,
): VaultResponse {
  const token = state.tokens.create({
    policies: ["response-wrapping"],
    path: request.path,
    namespace: request.namespace,
    displayName: "",
    numUses: 1,
    ttl,
    explicitMaxTtl: ttl,
  });
  const creationTime = goTime(state.clock.now());
  token.cubbyhole.set("response", { response: body });
  token.cubbyhole.set("wrapinfo", { creation_path: creationPath, creation_time: creationTime, creation_ttl: ttl });
  return {
    wrap: {
      token: token.id,
      accessor: token.accessor,
      ttl,
      creationTime,
      creationPath,
      ...(wrappedAccessor === undefined || wrappedAccessor === "" ? {} : { wrappedAccessor }),
    },
  };
}

/** The wrapping token behind an id, or the refusal that Vault gives for anything else. */
export function wrappingToken(state: VaultState, id: string): TokenEntry {
  const token = state.tokens.lookup(id);
  if (token === undefined || !token.policies.includes("response-wrapping") || !token.cubbyhole.has("response"))
    throw refuse(INVALID_WRAPPING_TOKEN);
  return token;
}

/** What was wrapped, and from where. */
export function wrappedContent(token: TokenEntry): { readonly body: string; readonly info: JsonObject } {
  return {
    body: String(token.cubbyhole.get("response")?.["response"] ?? ""),
    info: token.cubbyhole.get("wrapinfo") ?? {},
  };
}
