import type { JsonObject } from "../../../core/go/json.ts";
import type { VaultState } from "../core/state.ts";
import { type Backend, listOf } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import type { Call, Result } from "../framework/request.ts";
import { goTime } from "../values/duration.ts";
import type { Alias, Entity } from "./entities.ts";

/** `identity/`: entities and their aliases, as far as logins make them and policies name them. */
export function identityBackend(state: VaultState): Backend {
  const { entities } = state;
  const byId = (call: Call): Entity | undefined => {
    const entity = entities.get(call.fields.string("id"));
    return entity?.namespace === call.request.namespace ? entity : undefined;
  };
  const byName = (call: Call): Entity | undefined =>
    entities.byName(call.request.namespace, call.fields.string("name"));
  const fields = {
    id: "string",
    name: "string",
    metadata: "kvPairs",
    policies: "commaStrings",
    disabled: "bool",
    alias_id: "string",
    alias_name: "string",
    alias_mount_accessor: "string",
  } as const;
  const write = (call: Call, known: Entity | undefined): Result => {
    const name = call.fields.string("name");
    const entity = known ?? entities.create(call.request.namespace, state.clock.now(), name === "" ? undefined : name);
    if (call.fields.has("metadata")) entity.metadata = call.fields.pairs("metadata");
    if (call.fields.has("policies")) entity.policies = call.fields.list("policies");
    if (call.fields.has("disabled")) entity.disabled = call.fields.bool("disabled");
    if (name !== "") entity.name = name;
    entity.updatedAt = Math.max(state.clock.now(), entity.updatedAt + 1);
    if (known !== undefined) return undefined;
    return { data: { aliases: null, id: entity.id, name: entity.name } };
  };
  const read = (entity: Entity | undefined): Result => (entity === undefined ? undefined : { data: describe(entity) });
  const remove = (entity: Entity | undefined): Result => {
    if (entity !== undefined) entities.remove(entity);
    return undefined;
  };
  return {
    type: "identity",
    paths: [
      {
        pattern: /^entity\/id\/?$/,
        operations: { list: ({ request }) => listOf(entities.inNamespace(request.namespace).map(({ id }) => id)) },
      },
      {
        pattern: /^entity\/name\/?$/,
        operations: { list: ({ request }) => listOf(entities.inNamespace(request.namespace).map(({ name }) => name)) },
      },
      {
        pattern: /^entity\/id\/(?<id>[^/]+)$/,
        fields,
        operations: {
          read: (call) => read(byId(call)),
          update: (call) => {
            const known = byId(call);
            if (known === undefined) throw refuse("invalid entity id");
            return write(call, known);
          },
          delete: (call) => remove(byId(call)),
        },
      },
      {
        pattern: /^entity\/name\/(?<name>[^/]+)$/,
        fields,
        operations: {
          read: (call) => read(byName(call)),
          update: (call) => write(call, byName(call)),
          delete: (call) => remove(byName(call)),
        },
      },
      { pattern: /^entity$/, fields, operations: { update: (call) => write(call, byId(call) ?? byName(call)) } },
      {
        pattern: /^lookup\/entity$/,
        fields,
        operations: {
          update: (call) => {
            const { fields: given } = call;
            if (given.has("alias_name"))
              return read(entities.byAlias(given.string("alias_mount_accessor"), given.string("alias_name")));
            if (given.has("id")) return read(byId(call));
            if (given.has("name")) return read(byName(call));
            throw refuse(
              "query parameters 'id', 'name', 'alias_id', or 'alias_name' with 'alias_mount_accessor' required",
            );
          },
        },
      },
    ],
  };
}

function describe(entity: Entity): JsonObject {
  return {
    aliases: entity.aliases.map((alias) => describeAlias(alias, entity)),
    creation_time: goTime(entity.createdAt),
    direct_group_ids: [],
    disabled: entity.disabled,
    group_ids: [],
    id: entity.id,
    inherited_group_ids: [],
    last_update_time: goTime(entity.updatedAt),
    merged_entity_ids: null,
    metadata: Object.keys(entity.metadata).length === 0 ? null : { ...entity.metadata },
    name: entity.name,
    namespace_id: entity.namespace.id,
    policies: entity.policies,
  };
}

function describeAlias(alias: Alias, entity: Entity): JsonObject {
  return {
    canonical_id: entity.id,
    creation_time: goTime(alias.createdAt),
    custom_metadata: null,
    id: alias.id,
    last_update_time: goTime(alias.updatedAt),
    local: false,
    merged_from_canonical_ids: null,
    metadata: { ...alias.metadata },
    mount_accessor: alias.mountAccessor,
    mount_path: alias.mountPath,
    mount_type: alias.mountType,
    name: alias.name,
  };
}
