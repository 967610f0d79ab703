import type { JsonObject } from "../../../core/go/json.ts";
import type { Mounter } from "../core/mounting.ts";
import type { Namespace } from "../core/namespaces.ts";
import type { VaultState } from "../core/state.ts";
import type { PathSpec } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Result, VaultRequest } from "../framework/request.ts";

/** `namespaces/…`, children of the one the request is made in. */
export function namespacePaths(state: VaultState, mounter: () => Mounter): PathSpec[] {
  const { namespaces } = state;
  const find = (request: VaultRequest, name: string): Namespace | undefined =>
    namespaces.children(request.namespace).find((child) => child.path === childPath(request.namespace, name));
  return [
    {
      pattern: /^namespaces\/?$/,
      operations: {
        list: ({ request }): Result => {
          const children = namespaces.children(request.namespace).sort((a, b) => (a.path < b.path ? -1 : 1));
          const names = children.map((child) => child.path.slice(request.namespace.path.length));
          if (names.length === 0) return { data: {} };
          const info = Object.fromEntries(names.map((name, i) => [name, describe(state, children[i] as Namespace)]));
          return { data: { key_info: info, keys: names } };
        },
      },
    },
    {
      pattern: /^namespaces\/(?<path>.+?)\/?$/,
      fields: { custom_metadata: "kvPairs" },
      operations: {
        read: ({ request, fields }) => {
          const found = find(request, fields.string("path"));
          return found === undefined ? undefined : { data: describe(state, found) };
        },
        update: ({ request, fields }) => {
          const name = fields.string("path");
          const isNew = find(request, name) === undefined;
          const namespace = namespaces.create(request.namespace, name, fields.pairs("custom_metadata"));
          if (isNew) mounter().mountBuiltIns(namespace);
          return { data: describe(state, namespace) };
        },
        delete: ({ request, fields }) => {
          const { isDeletionTold } = state.dialect;
          const namespace = find(request, fields.string("path"));
          if (namespace === undefined)
            return isDeletionTold ? { warnings: ["requested namespace does not exist"] } : undefined;
          namespaces.remove(namespace);
          for (const token of state.tokens.all()) if (token.namespace === namespace) state.tokens.revoke(token);
          return isDeletionTold ? { data: { status: "in-progress" } } : undefined;
        },
      },
    },
    {
      pattern: /^namespaces\/api-lock\/(?:un)?lock/,
      operations: {
        update: () => {
          throw refuse("locking a namespace is not supported by this server", 501);
        },
      },
    },
  ];
}

function childPath(parent: Namespace, name: string): string {
  return `${parent.path}${name.replace(/^\/+|\/+$/g, "")}/`;
}

function describe({ dialect }: VaultState, namespace: Namespace): JsonObject {
  return {
    custom_metadata: { ...namespace.customMetadata },
    id: namespace.id,
    path: namespace.path,
    ...(dialect.tellsOfNamespaces && { locked: false, tainted: false, uuid: namespace.uuid }),
  };
}
