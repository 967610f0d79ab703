import { numberOf } from "../../../core/go/json.ts";
import type { VaultState } from "../core/state.ts";
import type { PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";
import { wrapBody, wrappedContent, wrappingToken } from "../tokens/wrapping.ts";

/** `wrapping/…`: wrap, look at, take out, wrap anew. */
export function wrappingPaths(state: VaultState): PathSpec[] {
  const fields = { token: "string" } as const;
  const tokenOf = (call: Call): string => call.fields.string("token") || call.request.clientToken;
  return [
    {
      pattern: /^wrapping\/wrap$/,
      takesAnyInput: true,
      operations: {
        update: ({ request }) => {
          if ((request.wrapSeconds ?? 0) <= 0) throw refuse("endpoint requires response wrapping to be used");
          return { data: request.data };
        },
      },
    },
    {
      pattern: /^wrapping\/lookup$/,
      fields,
      operations: { read: (call) => lookup(state, tokenOf(call)), update: (call) => lookup(state, tokenOf(call)) },
    },
    {
      pattern: /^wrapping\/unwrap$/,
      fields,
      operations: {
        update: (call) => {
          const token = wrappingToken(state, tokenOf(call));
          const { body } = wrappedContent(token);
          state.tokens.revoke(token);
          return { raw: { contentType: "application/json", body } };
        },
      },
    },
    {
      pattern: /^wrapping\/rewrap$/,
      fields,
      operations: {
        update: (call) => {
          const token = wrappingToken(state, tokenOf(call));
          const { body, info } = wrappedContent(token);
          state.tokens.revoke(token);
          const ttl = numberOf(info["creation_ttl"]) ?? 0;
          return wrapBody(state, call.request, body, ttl, String(info["creation_path"] ?? ""));
        },
      },
    },
  ];
}

function lookup(state: VaultState, id: string): Result {
  if (id === "") throw refuse('missing "token" value in input');
  return { data: wrappedContent(wrappingToken(state, id)).info };
}
