import { goJson, goString, type JsonObject } from "../../../core/go/json.ts";
import type { Dialect } from "../dialect.ts";
import type { AuthBlock, VaultResponse, WrapBlock } from "../framework/request.ts";

/** What goes back over HTTP. No body with 204. */
export type Answer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export const JSON_TYPE = "application/json";

/** `{"errors":[…]}` with the line feed that Go's encoder puts behind it. */
export function errorAnswer(status: number, errors: readonly string[]): Answer {
  return { status, contentType: JSON_TYPE, body: `{"errors":[${errors.map(goString).join(",")}]}\n` };
}

export const NO_CONTENT: Answer = { status: 204, contentType: JSON_TYPE, body: "" };

/** The response envelope, its fields in Vault's order. */
export function envelope(
  response: VaultResponse,
  meta: {
    readonly requestId: string;
    readonly mountType: string;
    readonly injectsData: boolean;
    readonly dialect: Dialect;
  },
): Answer {
  const { secret, wrap } = response;
  if (response.raw !== undefined)
    return { status: response.status ?? 200, contentType: response.raw.contentType, body: response.raw.body };
  const data = response.dataJson ?? (response.data === undefined ? "null" : goJson(response.data));
  // `sys/mounts` and its like repeat their data beside the envelope, for clients from before there was one.
  const injected = meta.injectsData && data !== "null" && data.length > 2 ? `${data.slice(1, -1)},` : "";
  const body =
    `{${injected}"request_id":"${meta.requestId}","lease_id":${goString(response.leaseId ?? "")},` +
    `"renewable":${secret?.renewable ?? false},"lease_duration":${secret?.seconds ?? 0},"data":${data},` +
    `"wrap_info":${wrap === undefined ? "null" : wrapJson(wrap)},` +
    `"warnings":${response.warnings === undefined || response.warnings.length === 0 ? "null" : goJson([...response.warnings])},` +
    `"auth":${response.auth === undefined ? "null" : authJson(response.auth)}` +
    `${meta.dialect.hasMountType ? `,"mount_type":${goString(meta.mountType)}` : ""}}`;
  // Only the encoder of 200s adds the line feed; a response with a status of its own is marshalled.
  return response.status === undefined
    ? { status: 200, contentType: JSON_TYPE, body: `${body}\n` }
    : { status: response.status, contentType: JSON_TYPE, body };
}

function authJson(auth: AuthBlock): string {
  const policies = goJson([...auth.policies]);
  return (
    `{"client_token":${goString(auth.clientToken)},"accessor":${goString(auth.accessor)},"policies":${policies},` +
    `"token_policies":${policies},"metadata":${auth.metadata === null ? "null" : goJson(auth.metadata as JsonObject)},` +
    `"lease_duration":${auth.leaseSeconds},"renewable":${auth.renewable},"entity_id":${goString(auth.entityId)},` +
    `"token_type":${goString(auth.tokenType)},"orphan":${auth.orphan},"mfa_requirement":null,"num_uses":${auth.numUses}}`
  );
}

function wrapJson(wrap: WrapBlock): string {
  return (
    `{"token":${goString(wrap.token)},"accessor":${goString(wrap.accessor)},"ttl":${wrap.ttl},` +
    `"creation_time":${goString(wrap.creationTime)},"creation_path":${goString(wrap.creationPath)}` +
    `${wrap.wrappedAccessor === undefined ? "" : `,"wrapped_accessor":${goString(wrap.wrappedAccessor)}`}}`
  );
}
