import type { JsonObject } from "../../../core/go/json.ts";
import { aclOf } from "../core/authorize.ts";
import type { VaultState } from "../core/state.ts";
import type { PathSpec } from "../framework/backend.ts";
import { fail, refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";
import type { TokenEntry } from "../tokens/token.ts";

/** `capabilities`, `capabilities-self`, `capabilities-accessor`: what a token may do on paths. */
export function capabilityPaths(state: VaultState): PathSpec[] {
  const fields = { token: "string", accessor: "string", paths: "commaStrings", path: "commaStrings" } as const;
  return [
    {
      pattern: /^capabilities-self$/,
      fields,
      operations: { update: (call) => capabilities(state, call, call.token) },
    },
    {
      pattern: /^capabilities$/,
      fields,
      operations: {
        update: (call) => {
          const id = call.fields.string("token");
          if (id === "") throw fail("no token found");
          const token = state.tokens.lookup(id);
          if (token === undefined) throw fail("invalid token", 400);
          return capabilities(state, call, token);
        },
      },
    },
    {
      pattern: /^capabilities-accessor$/,
      fields,
      operations: {
        update: (call) => {
          const accessor = call.fields.string("accessor");
          if (accessor === "") throw refuse("missing accessor");
          const token = state.tokens.byAccessor(accessor);
          if (token === undefined) throw fail("invalid accessor", 400);
          return capabilities(state, call, token);
        },
      },
    },
  ];
}

function capabilities(state: VaultState, call: Call, token: TokenEntry | undefined): Result {
  if (token === undefined) throw fail("no token found");
  const paths = call.fields.has("paths") ? call.fields.list("paths") : call.fields.list("path");
  if (paths.length === 0) throw refuse("paths must be supplied");
  const acl = aclOf(token, state.entities);
  const data: JsonObject = {};
  for (const path of paths) data[path] = acl.capabilities(call.request.namespace.path + path.replace(/^\//, ""));
  const only = paths.length === 1 ? data[paths[0] ?? ""] : undefined;
  if (only !== undefined) data["capabilities"] = only;
  return { data };
}
