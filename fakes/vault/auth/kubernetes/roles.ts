import type { JsonObject } from "../../../../core/go/json.ts";
import type { Dialect } from "../../dialect.ts";
import { listOf, type PathSpec } from "../../framework/backend.ts";
import { refuse } from "../../framework/errors.ts";
import type { Call, Result } from "../../framework/request.ts";
import { SYSTEM_TTL } from "../../tokens/ttl.ts";
import { goDuration } from "../../values/duration.ts";
import {
  describeTokenParameters,
  newTokenParameters,
  readTokenParameters,
  TOKEN_FIELDS,
  type TokenParameters,
} from "../token-parameters.ts";
import { parseSelector } from "./namespace-selector.ts";

export type KubernetesRole = {
  names: string[];
  namespaces: string[];
  namespaceSelector: string;
  audience: string;
  aliasNameSource: string;
  readonly token: TokenParameters;
};

const ALIAS_SOURCES: ReadonlySet<string> = new Set(["serviceaccount_uid", "serviceaccount_name"]);

/** `role/…`: which ServiceAccounts may log in, and what tokens they get. */
export function rolePaths(roles: Map<string, KubernetesRole>, dialect: Dialect): PathSpec[] {
  return [
    {
      pattern: /^role\/?$/,
      operations: { list: () => listOf([...roles.keys()].sort()) },
    },
    {
      pattern: /^role\/(?<name>\w(?:[\w.-]*\w)?)$/,
      fields: {
        bound_service_account_names: "commaStrings",
        bound_service_account_namespaces: "commaStrings",
        bound_service_account_namespace_selector: "string",
        audience: "string",
        alias_name_source: "string",
        ...TOKEN_FIELDS,
      },
      exists: (call) => roles.has(call.fields.string("name").toLowerCase()),
      operations: {
        read: (call) => {
          const role = roles.get(call.fields.string("name").toLowerCase());
          return role === undefined ? undefined : { data: describe(role, dialect) };
        },
        update: (call) => write(roles, call),
        delete: (call) => {
          roles.delete(call.fields.string("name").toLowerCase());
          return undefined;
        },
      },
    },
  ];
}

function write(roles: Map<string, KubernetesRole>, call: Call): Result {
  const { fields } = call;
  const name = fields.string("name").toLowerCase();
  const before = roles.get(name);
  const role: KubernetesRole =
    before === undefined
      ? {
          names: [],
          namespaces: [],
          namespaceSelector: "",
          audience: "",
          aliasNameSource: "serviceaccount_uid",
          token: newTokenParameters(),
        }
      : { ...before, token: { ...before.token, deprecated: new Set(before.token.deprecated) } };
  readTokenParameters(role.token, fields);
  if (role.token.period > SYSTEM_TTL.maxTtl)
    throw refuse(
      `token period of '"${goDuration(role.token.period)}"' is greater than the backend's maximum lease TTL of '"${goDuration(SYSTEM_TTL.maxTtl)}"'`,
    );
  if (role.token.maxTtl > 0 && role.token.ttl > role.token.maxTtl)
    throw refuse("token ttl should not be greater than token max ttl");
  if (fields.has("bound_service_account_names")) role.names = fields.list("bound_service_account_names");
  if (role.names.length === 0) throw refuse('"bound_service_account_names" can not be empty');
  if (role.names.length > 1 && role.names.includes("*")) throw refuse('can not mix "*" with values');
  if (fields.has("bound_service_account_namespaces")) role.namespaces = fields.list("bound_service_account_namespaces");
  role.namespaceSelector = fields.string("bound_service_account_namespace_selector");
  if (role.namespaces.length === 0 && role.namespaceSelector === "")
    throw refuse(
      '"bound_service_account_namespaces" can not be empty if "bound_service_account_namespace_selector" is not set',
    );
  if (role.namespaceSelector !== "") checkSelector(role.namespaceSelector);
  if (role.namespaces.length > 1 && role.namespaces.includes("*")) throw refuse('can not mix "*" with values');
  if (fields.has("audience")) role.audience = fields.string("audience");
  if (fields.has("alias_name_source"))
    role.aliasNameSource = fields.string("alias_name_source") || "serviceaccount_uid";
  if (!ALIAS_SOURCES.has(role.aliasNameSource))
    throw refuse("invalid alias_name_source, must be one of: serviceaccount_uid, serviceaccount_name");
  roles.set(name, role);
  if (role.token.maxTtl <= SYSTEM_TTL.maxTtl) return undefined;
  return {
    warnings: [
      "max_ttl is greater than the system or backend mount's maximum TTL value; issued tokens' max TTL value will be truncated",
    ],
  };
}

function checkSelector(selector: string): void {
  try {
    parseSelector(selector);
  } catch {
    throw refuse('invalid "bound_service_account_namespace_selector" configured');
  }
}

function describe(role: KubernetesRole, dialect: Dialect): JsonObject {
  return {
    alias_name_source: role.aliasNameSource,
    ...(role.audience === "" ? {} : { audience: role.audience }),
    bound_service_account_names: role.names,
    bound_service_account_namespace_selector: role.namespaceSelector,
    bound_service_account_namespaces: role.namespaces,
    ...describeTokenParameters(role.token, dialect),
  };
}
