import type { VaultState } from "../core/state.ts";
import { listOf, type PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";
import { goTime } from "../values/duration.ts";

/** `policies/acl/…`, and the older `policy/…` which names things differently. */
export function policyPaths(state: VaultState): PathSpec[] {
  const fields = { policy: "string", rules: "string", cas: "int", cas_required: "bool", ttl: "seconds" } as const;
  const one = (pattern: RegExp, isOlder: boolean): PathSpec => ({
    pattern,
    fields,
    operations: {
      read: (call) => read(state, call, isOlder),
      update: (call) => write(state, call, isOlder),
      delete: ({ request, fields: given }) => {
        request.namespace.policies.remove(given.string("name"));
        return undefined;
      },
    },
  });
  return [
    {
      pattern: /^policies\/acl\/?$/,
      operations: { list: ({ request }) => listOf(request.namespace.policies.names()) },
    },
    {
      pattern: /^policy\/?$/,
      operations: {
        read: ({ request }) => older(request.namespace.policies.names()),
        list: ({ request }) => older(request.namespace.policies.names()),
      },
    },
    one(/^policies\/acl\/(?<name>.+)$/, false),
    one(/^policy\/(?<name>.+)$/, true),
  ];
}

function older(names: readonly string[]): Result {
  return { data: { keys: [...names], policies: [...names] } };
}

function read(state: VaultState, call: Call, isOlder: boolean): Result {
  const name = call.fields.string("name").toLowerCase();
  const { policies, isRoot } = call.request.namespace;
  if (name === "root" && isRoot)
    return {
      data: {
        name,
        [isOlder ? "rules" : "policy"]: "",
        ...(state.dialect.hasCheckAndSetExtras && { cas_required: false, version: 0 }),
      },
    };
  const policy = policies.get(name);
  if (policy === undefined) return undefined;
  return {
    data: {
      name: policy.name,
      [isOlder ? "rules" : "policy"]: policy.text,
      ...(state.dialect.hasCheckAndSetExtras
        ? { cas_required: false, version: policy.version, modified: goTime(policy.modified) }
        : {}),
    },
  };
}

function write(state: VaultState, call: Call, isOlder: boolean): Result {
  const { fields, request } = call;
  const given = fields.string("name");
  const name = given.toLowerCase();
  const warnings: string[] = [];
  if (given !== name) warnings.push(`policy name was converted to ${name}`);
  let text = fields.string("policy");
  if (text === "" && isOlder) {
    text = fields.string("rules");
    if (text !== "") warnings.push("'rules' is deprecated, please use 'policy' instead");
  }
  if (text === "") throw refuse("'policy' parameter not supplied or empty");
  request.namespace.policies.put(name, plainText(text), state.clock.now());
  return warnings.length === 0 ? undefined : { warnings };
}

/** A policy may come as base64. */
function plainText(text: string): string {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return text;
  return Buffer.from(text, "base64").toString("utf8");
}
