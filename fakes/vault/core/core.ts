import { messageOf } from "../../../core/index.ts";
import { isAmong, routeTo, runOperation } from "../framework/backend.ts";
import { bare, refuse, VaultError } from "../framework/errors.ts";
import type { Result, VaultRequest, VaultResponse } from "../framework/request.ts";
import { startLogin } from "../tokens/login.ts";
import type { TokenEntry } from "../tokens/token.ts";
import { wrapResponse } from "../tokens/wrapping.ts";
import { authorize, identify } from "./authorize.ts";
import { type Answer, envelope, errorAnswer, NO_CONTENT } from "./envelope.ts";
import type { Mount } from "./mounts.ts";
import { limitsOf, type VaultState } from "./state.ts";

/** What was found out about a request on its way, for audit and journal. */
export type Trace = {
  mount?: Mount;
  token?: TokenEntry;
  entityId?: string;
};

/** Below these `sys/` paths the data stands beside the envelope as well as in it. */
const INJECTING =
  /^sys\/(audit|audit-hash|auth|mounts|policy|capabilities|capabilities-accessor|capabilities-self|key-status|rotate|remount|wrapping\/wrap)(\/|$)/;

/** Serves a request: find the mount, authorise, run, wrap, audit. Never throws: a refusal is an answer. */
export async function serve(state: VaultState, request: VaultRequest, trace: Trace = {}): Promise<Answer> {
  const mount = request.namespace.mounts.route(request.path);
  if (mount !== undefined) trace.mount = mount;
  const path = mount === undefined ? request.path : request.path.slice(mount.path.length);
  const isLogin = mount !== undefined && isAmong(mount.backend.unauthenticated, path);
  try {
    state.audit.request(request, trace);
    const response = isLogin
      ? await serveUnauthenticated(state, request, mount, path, trace)
      : await serveAuthenticated(state, request, mount, path, trace);
    const answer = toAnswer(state, request, mount, response);
    state.audit.response(request, trace, response);
    return answer;
  } catch (error) {
    if (!(error instanceof VaultError)) {
      state.log.error("a request failed inside", { path: request.path, reason: messageOf(error) });
      return errorAnswer(500, ["internal error"]);
    }
    const errors = error.body(isLogin);
    state.audit.response(request, trace, undefined, errors.join("; "));
    return errorAnswer(error.status, errors);
  }
}

async function serveUnauthenticated(
  state: VaultState,
  request: VaultRequest,
  mount: Mount,
  path: string,
  trace: Trace,
): Promise<Result> {
  const known = request.clientToken === "" ? undefined : state.tokens.lookup(request.clientToken);
  const result = await runOperation(routeTo(mount.backend, request, path, { token: known, isSudo: false }));
  if (result?.grant === undefined) return result;
  const { response, token } = startLogin(state, request, mount, result.grant);
  trace.token = token;
  return wrapResponse(state, request, response);
}

async function serveAuthenticated(
  state: VaultState,
  request: VaultRequest,
  mount: Mount | undefined,
  path: string,
  trace: Trace,
): Promise<Result> {
  const token = identify(request, state.tokens);
  trace.token = token;
  try {
    const isSudo = authorize(request, token, mount, path, state.entities);
    if (isWrite(request) && request.path.endsWith("/")) throw refuse("cannot write to a path ending in '/'");
    if (mount === undefined)
      throw refuse(`no handler for route ${JSON.stringify(request.path)}. route entry not found.`, 404);
    const result = await runOperation(routeTo(mount.backend, request, path, { token, isSudo }));
    return wrapResponse(state, request, lease(state, request, mount, token, result));
  } finally {
    state.tokens.finishUse(token);
  }
}

function isWrite(request: VaultRequest): boolean {
  return request.operation === "create" || request.operation === "update" || request.operation === "patch";
}

/** Registers what came with a lease. A token on its last use cannot hold one. */
function lease(state: VaultState, request: VaultRequest, mount: Mount, token: TokenEntry, result: Result): Result {
  if (result?.secret?.revoke === undefined) return result;
  if (token.usesLeft < 0) {
    void result.secret.revoke();
    throw refuse("Secret cannot be returned; token had one use left, so leased credentials were immediately revoked.");
  }
  const limits = limitsOf(mount);
  const { id } = state.leases.register(request.path, result.secret, token, limits);
  return { ...result, leaseId: id };
}

/** What a response becomes: nothing is 404 to a read or list and 204 to all else. */
function toAnswer(state: VaultState, request: VaultRequest, mount: Mount | undefined, response: Result): Answer {
  const expectsData = request.operation === "read" || request.operation === "list";
  if (response === undefined || (response.status === 404 && isEmpty(response)))
    return expectsData || response !== undefined ? errorAnswer(404, bare(404).errors) : NO_CONTENT;
  if (request.operation === "list" && response.wrap === undefined && !hasKeys(response)) return errorAnswer(404, []);
  if (response.status === 204) return NO_CONTENT;
  return envelope(response, {
    requestId: response.wrap === undefined ? request.id : "",
    mountType: response.wrap === undefined ? (mount?.listedType ?? "") : "",
    injectsData: INJECTING.test(request.path) && response.wrap === undefined,
    dialect: state.dialect,
  });
}

function isEmpty(response: VaultResponse): boolean {
  return response.data === undefined && response.dataJson === undefined && response.warnings === undefined;
}

function hasKeys(response: VaultResponse): boolean {
  const keys = response.data?.["keys"];
  return response.status !== undefined || (Array.isArray(keys) && keys.length > 0);
}
