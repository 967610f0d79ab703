import { isAmong, routeTo } from "../framework/backend.ts";
import { deniedByPolicy, permissionDenied } from "../framework/errors.ts";
import type { VaultRequest } from "../framework/request.ts";
import type { Entities } from "../identity/entities.ts";
import { Acl, type BoundRule } from "../policy/acl.ts";
import { fillTemplate, isTemplated } from "../policy/templates.ts";
import type { TokenEntry } from "../tokens/token.ts";
import type { TokenStore } from "../tokens/token-store.ts";
import type { Mount } from "./mounts.ts";

/** The compiled policies of a token, its entity's included. Kept on the token until a policy changes. */
export function aclOf(token: TokenEntry, entities: Entities): Acl {
  const entity = token.entityId === "" ? undefined : entities.get(token.entityId);
  const { policies: store } = token.namespace;
  const stamp = `${store.version}/${entity?.updatedAt ?? 0}/${entity?.policies.join(",") ?? ""}`;
  if (token.acl?.stamp === stamp) return token.acl.acl;
  const names = new Set([...token.policies, ...(entity?.policies ?? [])]);
  const rules: BoundRule[] = [];
  for (const name of names)
    for (const rule of store.get(name)?.rules ?? []) {
      const path = isTemplated(rule.path) ? fillTemplate(rule.path, entity) : rule.path;
      if (path !== undefined) rules.push({ ...rule, fullPath: token.namespace.path + path });
    }
  const acl = new Acl(rules, names.has("root") ? token.namespace.path : undefined);
  token.acl = { stamp, acl };
  return acl;
}

/** The token a request carries, if it may be used here. Counts one use; the caller gives it back when done. */
export function identify(request: VaultRequest, tokens: TokenStore): TokenEntry {
  const token = request.clientToken === "" ? undefined : tokens.lookup(request.clientToken);
  if (token === undefined || token.usesLeft < 0)
    throw permissionDenied(
      request.clientToken === "" ? "no token was sent" : "the token is unknown, expired or revoked",
    );
  if (!request.namespace.isWithin(token.namespace))
    throw permissionDenied(`the token belongs to namespace "${token.namespace.path}"`);
  if (!isAllowedAddress(request.remoteAddress, token.boundCidrs))
    throw permissionDenied(`the token is not bound to ${request.remoteAddress}`);
  tokens.use(token);
  return token;
}

/**
 * May the token do this? Policy is asked before it is known whether the path exists at all.
 * @returns whether it may also do what needs `sudo` here
 */
export function authorize(
  request: VaultRequest,
  token: TokenEntry,
  mount: Mount | undefined,
  mountPath: string,
  entities: Entities,
): boolean {
  if (token.entityId !== "" && entities.get(token.entityId)?.disabled) throw deniedByPolicy();
  if (request.operation === "update" && mount !== undefined) noteCreation(request, mount, mountPath, token);
  const verdict = aclOf(token, entities).decide({
    operation: request.operation,
    path: request.namespace.path + request.path,
    data: request.data,
    ...(request.wrapSeconds === undefined ? {} : { wrapSeconds: request.wrapSeconds }),
  });
  if (!verdict.allowed) throw deniedByPolicy();
  if (!verdict.sudo && mount !== undefined && isAmong(mount.backend.sudo, mountPath)) throw deniedByPolicy();
  return verdict.sudo;
}

/** A write to what does not exist yet is a create, where the path can tell. */
function noteCreation(request: VaultRequest, mount: Mount, path: string, token: TokenEntry): void {
  const spec = mount.backend.paths.find((candidate) => candidate.pattern.test(path));
  if (spec?.exists === undefined) return;
  const { call } = routeTo(mount.backend, request, path, { token, isSudo: false });
  if (!spec.exists(call)) request.operation = "create";
}

/** Whether an address lies in one of the blocks; no blocks means anywhere. */
export function isAllowedAddress(address: string, cidrs: readonly string[]): boolean {
  if (cidrs.length === 0) return true;
  const value = ipv4(address.replace(/^::ffff:/, ""));
  return cidrs.some((cidr) => {
    const [network = "", bits = "32"] = cidr.split("/");
    const base = ipv4(network);
    if (value === undefined || base === undefined) return network === address;
    const size = 2 ** (32 - Number(bits));
    return Math.floor(value / size) === Math.floor(base / size);
  });
}

function ipv4(text: string): number | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
