import type { JsonObject } from "../../../core/go/json.ts";
import { type Backend, listBelow, listOf } from "../framework/backend.ts";
import { fail } from "../framework/errors.ts";
import type { Call } from "../framework/request.ts";

/** Each token's own store, which ends with it. */
export function cubbyhole(): Backend {
  const ownOf = (call: Call): Map<string, JsonObject> => {
    if (call.token === undefined) throw fail("client token empty");
    return call.token.cubbyhole;
  };
  return {
    type: "cubbyhole",
    paths: [
      {
        pattern: /^(?<path>.*)$/s,
        takesAnyInput: true,
        exists: (call) => ownOf(call).has(call.path),
        operations: {
          read: (call) => {
            const data = ownOf(call).get(call.path);
            return data === undefined ? undefined : { data };
          },
          update: (call) => {
            if (Object.keys(call.request.data).length === 0) throw fail("missing data fields");
            if (call.path === "") throw fail("missing path");
            ownOf(call).set(call.path, call.request.data);
            return undefined;
          },
          delete: (call) => {
            ownOf(call).delete(call.path);
            return undefined;
          },
          list: (call) => listOf(listBelow(ownOf(call).keys(), call.path)),
        },
      },
    ],
  };
}
