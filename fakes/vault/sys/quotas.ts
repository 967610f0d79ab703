import { numberOf } from "../../../core/go/json.ts";
import type { VaultState } from "../core/state.ts";
import { listOf, type PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";

/** `quotas/rate-limit/…` and `quotas/config`. */
export function quotaPaths(state: VaultState): PathSpec[] {
  const { quotas } = state;
  return [
    {
      pattern: /^quotas\/config$/,
      fields: {
        enable_rate_limit_audit_logging: "bool",
        enable_rate_limit_response_headers: "bool",
        rate_limit_exempt_paths: "commaStrings",
      },
      operations: {
        read: () => ({
          data: {
            enable_rate_limit_audit_logging: false,
            enable_rate_limit_response_headers: quotas.sendsHeaders,
            rate_limit_exempt_paths: [],
          },
        }),
        update: ({ fields }) => {
          if (fields.list("rate_limit_exempt_paths").length > 0)
            throw refuse("rate_limit_exempt_paths is not supported by this server", 501);
          quotas.sendsHeaders = fields.bool("enable_rate_limit_response_headers", quotas.sendsHeaders);
          return undefined;
        },
      },
    },
    { pattern: /^quotas\/rate-limit\/?$/, operations: { list: () => listOf(quotas.names()) } },
    {
      pattern: /^quotas\/rate-limit\/(?<name>[\w.-]+)$/,
      fields: {
        path: "string",
        role: "string",
        rate: "any",
        interval: "seconds",
        block_interval: "seconds",
        inheritable: "bool",
      },
      operations: {
        read: ({ fields }) => {
          const limit = quotas.get(fields.string("name"));
          if (limit === undefined) return undefined;
          return {
            data: {
              block_interval: limit.blockInterval,
              interval: limit.interval,
              name: limit.name,
              path: limit.path,
              rate: limit.rate,
              role: "",
              type: "rate-limit",
            },
          };
        },
        update: ({ fields, request }) => {
          const raw = fields.any("rate");
          const rate = raw === undefined ? 0 : (numberOf(raw) ?? Number(raw));
          if (!(rate > 0)) throw refuse("'rate' is invalid");
          if (fields.int("block_interval") < 0) throw refuse("'block' is invalid");
          if (fields.string("role") !== "") throw refuse("quotas by role are not supported by this server", 501);
          const path = fields.string("path").replace(/^\//, "");
          if (path !== "" && request.namespace.mounts.route(path) === undefined && !isNamespace(state, path))
            throw refuse(`invalid mount path ${JSON.stringify(path)}`);
          quotas.put({
            name: fields.string("name"),
            path,
            rate,
            interval: fields.int("interval") || 1,
            blockInterval: fields.int("block_interval"),
          });
          return undefined;
        },
        delete: ({ fields }) => {
          quotas.remove(fields.string("name"));
          return undefined;
        },
      },
    },
  ];
}

function isNamespace({ namespaces }: VaultState, path: string): boolean {
  return namespaces.find(path.split("/")[0] ?? "") !== undefined;
}
