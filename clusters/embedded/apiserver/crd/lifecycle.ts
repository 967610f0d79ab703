import type { Clock } from "../../../../core/index.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { Kind } from "../kinds/kind.ts";
import { objectKey, tableOf } from "../kinds/registry.ts";
import { entriesOf, ownedAfterUpdate, setEntries } from "../ownership/managed-fields.ts";
import { type ServerContext, timestamp } from "../server-context.ts";
import {
  acceptedStatus,
  defaultDefinition,
  definitionErrors,
  isDefinition,
  kindsOf,
  pendingStatus,
  terminatingStatus,
} from "./definitions.ts";
import { structuralErrors } from "./structural.ts";
import { CLEANUP_FINALIZER, type Definition, type DefinitionStatus, type Schema } from "./types.ts";

/** A real server's controllers take about this long to empty a definition that is deleted. */
const CLEANUP_MS = 50;

/** The rules of writing a definition: it is judged in the write itself, accepted right after it. */
export function withDefinitionRules(kind: Kind, clock: Clock): Kind {
  if (kind.plural !== "customresourcedefinitions") return kind;
  return {
    ...kind,
    defaults: (object) => {
      if (isWhole(object)) defaultDefinition(object);
    },
    prepare: (object, old) => {
      if (old === undefined && isWhole(object)) object.status = pendingStatus(object);
    },
    validate: (object) => {
      const definition = object as Definition;
      const errors = definitionErrors(definition);
      return errors.length > 0 ? errors : structuralErrors(definition);
    },
    beforeDeletion: (object) => {
      const definition = object as Definition;
      const message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
      return {
        ...definition,
        metadata: {
          ...definition.metadata,
          finalizers: [...(definition.metadata.finalizers ?? []), CLEANUP_FINALIZER],
        },
        status: terminatingStatus(definition, "InstanceDeletionPending", message, timestamp(clock)),
      };
    },
  };
}

function isWhole(object: KubeObject): object is Definition {
  const { spec } = object as Partial<Definition>;
  return spec?.names?.kind !== undefined && Array.isArray(spec.versions);
}

/**
 * Serves the kinds of every definition from the instant it is stored, accepts its names, and empties it when it is
 * deleted (what apiextensions' controllers do).
 */
export function followDefinitions(server: ServerContext, schemas: WeakMap<Kind, Schema>): void {
  const { clock, log, registry, store } = server;
  const run = (what: string, work: () => Promise<void>): void => {
    clock.activity.track(what, work).catch((error: unknown) => log.error(`${what} failed`, { error: String(error) }));
  };
  store.follow("apiextensions.k8s.io/customresourcedefinitions", store.version, ({ type, object }) => {
    if (!isDefinition(object)) return;
    const { group, names } = object.spec;
    registry.remove(group, names.plural);
    if (type === "DELETED") return store.drop(`${group}/${names.plural}`);
    for (const { kind, schema } of kindsOf(object)) {
      if (schema !== undefined) schemas.set(kind, schema);
      registry.add(kind);
    }
    const { name = "" } = object.metadata;
    const reason = object.status?.conditions?.find((one) => one.type === "Terminating")?.reason;
    if (reason === "InstanceDeletionPending") run("definition is emptied", () => empty(server, name));
    else if (reason === undefined && !isAccepted(object)) run("definition is accepted", () => accept(server, name));
  });
}

function isAccepted({ spec, status }: Definition): boolean {
  const storage = spec.versions.find((version) => version.storage)?.name ?? "";
  return (
    status?.acceptedNames.kind === spec.names.kind &&
    status.storedVersions.includes(storage) &&
    status.conditions?.some(({ type }) => type === "Established") === true
  );
}

async function accept(server: ServerContext, name: string): Promise<void> {
  const now = timestamp(server.clock);
  await writeStatus(server, name, (definition) => acceptedStatus(definition, now));
}

async function empty(server: ServerContext, name: string): Promise<void> {
  const { clock, store } = server;
  const now = timestamp(clock);
  const message = "CustomResource deletion is in progress";
  const definition = await writeStatus(server, name, (one) =>
    terminatingStatus(one, "InstanceDeletionInProgress", message, now),
  );
  if (definition === undefined) return;
  store.drop(`${definition.spec.group}/${definition.spec.names.plural}`);
  clock.timer(CLEANUP_MS, () => finalize(server, name), { ref: false });
}

/** Takes the finalizer away; the definition goes unless somebody else holds it. */
function finalize({ registry, store }: ServerContext, name: string): void {
  const kind = registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  const definition = kind === undefined ? undefined : store.get(tableOf(kind), name);
  if (kind === undefined || definition === undefined) return;
  const finalizers = (definition.metadata.finalizers ?? []).filter((one) => one !== CLEANUP_FINALIZER);
  const metadata = { ...definition.metadata, finalizers };
  store.put(tableOf(kind), objectKey(kind, "", name), { ...definition, metadata });
  if (finalizers.length === 0) store.delete(tableOf(kind), objectKey(kind, "", name));
}

async function writeStatus(
  server: ServerContext,
  name: string,
  change: (definition: Definition) => DefinitionStatus,
): Promise<Definition | undefined> {
  const { clock, registry, store, types } = server;
  const kind = registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  const type = kind === undefined ? undefined : await types.of(kind, undefined);
  const current = kind === undefined ? undefined : store.get(tableOf(kind), name);
  if (kind === undefined || type === undefined || current === undefined || !isDefinition(current)) return undefined;
  const next: Definition = { ...current, metadata: { ...current.metadata }, status: change(current) };
  const writer = {
    manager: "kube-apiserver",
    apiVersion: "apiextensions.k8s.io/v1",
    subresource: "status",
    now: timestamp(clock),
  };
  setEntries(next, ownedAfterUpdate(current, next, type, entriesOf(current), writer));
  return store.put(tableOf(kind), objectKey(kind, "", name), next) as Definition;
}
