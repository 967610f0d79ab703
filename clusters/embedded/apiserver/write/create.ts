import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { Schema } from "../crd/types.ts";
import { type Kind, qualifiedPlural } from "../kinds/kind.ts";
import { objectKey, tableOf } from "../kinds/registry.ts";
import { type ManagedFieldsEntry, ownedAfterUpdate, setEntries } from "../ownership/managed-fields.ts";
import type { AdmissionRequest, ApiRequest } from "../pipeline.ts";
import { sendObject } from "../read/read.ts";
import { readBody } from "../requests/body.ts";
import { emptyObject } from "../schema/kind-types.ts";
import { present, type ServerContext, timestamp } from "../server-context.ts";
import { alreadyExists } from "../store/refusals.ts";
import { badRequest, failure, invalid, invalidObject, notFoundObject } from "../validation/field-error.ts";
import { admit, fillDefaults } from "./apply-rules.ts";
import { generatedName } from "./names.ts";
import { beginWrite, typedObject, type Write, writerOf } from "./write.ts";

/** How often another generated name is tried before the client is told that one exists. */
const NAME_TRIES = 8;

/** Answers a POST to a collection. */
export async function createObject(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
): Promise<void> {
  const write = await beginWrite(server, request, kind, schema, "CreateOptions");
  const { object: sent, duplicates } = await readBody(request.exchange, kind, server.extensions);
  const object = typedObject(write, sent, duplicates);
  sendObject(server, request, kind, 201, storeNew(write, object));
}

/**
 * Stores a new object as every create does it; server-side apply uses it too, with the ownership it has found.
 * @throws KubeStatusError 400, 403, 404, 409, 422 as a real server refuses
 */
export function storeNew(write: Write, sent: KubeObject, owned?: readonly ManagedFieldsEntry[]): KubeObject {
  const { kind, options, request, server } = write;
  const { info } = request;
  const namespace = namespaceFor(kind, info.namespace, sent);
  if (sent.metadata.resourceVersion)
    throw invalidObject({ group: kind.group, kind: kind.kind, name: sent.metadata.name ?? "" }, [
      invalid("metadata.resourceVersion", sent.metadata.resourceVersion, "must not be set on objects to be created"),
    ]);
  assertNamespace(server, kind, namespace, sent.metadata.name || sent.metadata.generateName || "Unknown");
  dropWhatServersSet(kind, sent);
  fillDefaults(write, sent);
  const entries = owned ?? ownedAtCreation(write, sent);
  const object = kind.storedAs === undefined ? sent : kind.storedAs.write(sent);
  const table = tableOf(kind);
  const nameNew = (): void => {
    const { generateName } = object.metadata;
    if (!object.metadata.name && generateName) object.metadata.name = generatedName(generateName, server.random);
  };
  const isGenerated = !object.metadata.name;
  nameNew();
  stamp(server, kind, object, namespace);
  const admission: AdmissionRequest = {
    operation: "CREATE",
    kind,
    subresource: "",
    namespace,
    name: object.metadata.name ?? "",
    user: request.user,
    dryRun: options.dryRun,
    warnings: request.warnings,
  };
  const counts = kind.hasGeneration === true && kind.startsWithoutGeneration !== true;
  if (counts || kind.isCustom === true) object.metadata.generation = 1;
  admit(write, admission, object, undefined);
  for (let tries = 0; server.store.get(table, objectKey(kind, namespace, object.metadata.name ?? "")) !== undefined; ) {
    if (!isGenerated || ++tries >= NAME_TRIES) throw alreadyExists(qualifiedPlural(kind), object.metadata.name ?? "");
    delete object.metadata.name;
    nameNew();
  }
  setEntries(object, entries);
  if (options.dryRun) return present(kind, object);
  return present(kind, server.store.put(table, objectKey(kind, namespace, object.metadata.name ?? ""), object));
}

/** A status is the controllers' to write: one that comes with a new object is dropped, and owned by nobody. */
function dropWhatServersSet(kind: Kind, object: KubeObject): void {
  if (kind.isCustom !== true || !kind.subresources.some(({ name }) => name === "status")) return;
  delete object["status"];
}

function ownedAtCreation(write: Write, object: KubeObject): readonly ManagedFieldsEntry[] {
  const { kind, type } = write;
  if (type === undefined) return [];
  const hasStatus = kind.subresources.some(({ name }) => name === "status");
  const empty = emptyObject(kind, type);
  const seen = hasStatus ? { ...object, status: empty["status"] } : object;
  if (hasStatus && empty["status"] === undefined) delete (seen as Record<string, unknown>)["status"];
  return ownedAfterUpdate(empty, seen, type, [], writerOf(write));
}

/** @throws KubeStatusError 400 when body and path name different namespaces */
export function namespaceFor(kind: Kind, fromPath: string, object: KubeObject): string {
  const given = object.metadata.namespace ?? "";
  if (!kind.namespaced) {
    if (given !== "")
      throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
    return "";
  }
  if (fromPath === "") throw badRequest("an empty namespace may not be set during creation");
  if (given !== "" && given !== fromPath)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  return fromPath;
}

/** Fields that only the server sets. */
function stamp(server: ServerContext, kind: Kind, object: KubeObject, namespace: string): void {
  const { metadata } = object;
  if (kind.namespaced) metadata.namespace = namespace;
  else delete metadata.namespace;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete (metadata as Record<string, unknown>)["selfLink"];
  delete (metadata as Record<string, unknown>)["managedFields"];
  metadata.uid = server.random.uuid();
  metadata.creationTimestamp = timestamp(server.clock);
}

/**
 * Namespace lifecycle admission.
 * @throws KubeStatusError 404 for a missing namespace, 403 for one that is being deleted
 */
function assertNamespace(server: ServerContext, kind: Kind, namespace: string, name: string): void {
  if (!kind.namespaced) return;
  const found = server.store.get("/namespaces", namespace);
  if (found === undefined) throw notFoundObject("", "namespaces", namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const message = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw new KubeStatusError({
    ...failure(403, "Forbidden", `${qualifiedPlural(kind)} ${JSON.stringify(name)} is forbidden: ${message}`),
    details: {
      name,
      ...(kind.group !== "" && { group: kind.group }),
      kind: kind.plural,
      causes: [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    },
  });
}
