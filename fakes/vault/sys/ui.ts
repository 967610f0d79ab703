import type { JsonObject } from "../../../core/go/json.ts";
import { aclOf } from "../core/authorize.ts";
import type { Mount } from "../core/mounts.ts";
import type { VaultState } from "../core/state.ts";
import type { PathSpec } from "../framework/backend.ts";
import { permissionDenied, refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";
import type { TokenEntry } from "../tokens/token.ts";
import { mountInfo } from "./mount-info.ts";

/** `internal/ui/…`: what the command line asks before every `kv` command, and user interfaces at start. */
export function uiPaths(state: VaultState): PathSpec[] {
  return [
    { pattern: /^internal\/ui\/mounts$/, operations: { read: (call) => allMounts(state, call) } },
    { pattern: /^internal\/ui\/mounts\/(?<path>.+)$/, operations: { read: (call) => oneMount(state, call) } },
    {
      pattern: /^internal\/ui\/namespaces$/,
      operations: {
        read: ({ request }) => ({
          data: {
            keys: state.namespaces
              .children(request.namespace)
              .map((child) => child.path.slice(request.namespace.path.length)),
          },
        }),
      },
    },
    {
      pattern: /^internal\/ui\/resultant-acl$/,
      operations: {
        read: ({ token }) => ({
          data: {
            root: token !== undefined && aclOf(token, state.entities).isRoot,
            exact_paths: null,
            glob_paths: null,
          },
        }),
      },
    },
  ];
}

function allMounts(state: VaultState, { request, token }: Call): Result {
  const { mounts } = request.namespace;
  const shown = (mount: Mount): boolean =>
    mount.config["listing_visibility"] === "unauth" || reaches(state, token, request.namespace.path + mount.path);
  const describe = (mount: Mount): JsonObject =>
    token === undefined
      ? {
          type: mount.type,
          description: mount.description,
          options: mount.options === null ? null : { ...mount.options },
        }
      : mountInfo(mount);
  const table = (all: readonly Mount[]): JsonObject =>
    Object.fromEntries(all.filter(shown).map((mount) => [mount.path.replace(/^auth\//, ""), describe(mount)]));
  return { data: { auth: table(mounts.auths()), secret: table(mounts.secrets()) } };
}

function oneMount(state: VaultState, call: Call): Result {
  const { request, token } = call;
  if (token === undefined) throw permissionDenied("no token was sent");
  const raw = call.fields.string("path").replace(/^\/+|\/+$/g, "");
  const path = `${raw}/`;
  const mount = request.namespace.mounts.route(path);
  if (mount === undefined || !reaches(state, token, request.namespace.path + mount.path))
    throw refuse(
      `preflight capability check returned 403, please ensure client's policies grant access to path ${JSON.stringify(path)}`,
      403,
    );
  return { data: { ...mountInfo(mount), path: mount.path } };
}

function reaches(state: VaultState, token: TokenEntry | undefined, mountPath: string): boolean {
  return token !== undefined && aclOf(token, state.entities).reaches(mountPath);
}
