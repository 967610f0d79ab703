import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { Schema } from "../crd/types.ts";
import { type Kind, qualifiedPlural } from "../kinds/kind.ts";
import { objectKey, tableOf } from "../kinds/registry.ts";
import type { AdmissionRequest, ApiRequest } from "../pipeline.ts";
import { sendObject } from "../read/read.ts";
import { readObject } from "../requests/body.ts";
import { present, type ServerContext, timestamp } from "../server-context.ts";
import { alreadyExists } from "../store/refusals.ts";
import { badRequest, failure, invalid, invalidObject, notFoundObject } from "../validation/field-error.ts";
import { applyRules } from "./apply-rules.ts";
import { generatedName } from "./names.ts";
import { pruneUnknown, writeOptions } from "./options.ts";

/** How often another generated name is tried before the client is told that one exists. */
const NAME_TRIES = 8;

/** Answers a POST to a collection. */
export async function createObject(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
): Promise<void> {
  const options = writeOptions(request, "CreateOptions");
  const object = await readObject(request.exchange, kind, server.extensions);
  pruneUnknown(kind, schema, object, options, request.warnings);
  const created = storeNew(server, request, kind, schema, object, options.dryRun);
  sendObject(server, request, kind, 201, created);
}

/**
 * Stores a new object as every create does it; server-side apply uses it too.
 * @throws KubeStatusError 400, 403, 404, 409, 422 as a real server refuses
 */
export function storeNew(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
  sent: KubeObject,
  dryRun: boolean,
): KubeObject {
  const { info } = request;
  const namespace = namespaceFor(kind, info.namespace, sent);
  if (sent.metadata.resourceVersion)
    throw invalidObject({ group: kind.group, kind: kind.kind, name: sent.metadata.name ?? "" }, [
      invalid("metadata.resourceVersion", sent.metadata.resourceVersion, "must not be set on objects to be created"),
    ]);
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
    dryRun,
    warnings: request.warnings,
  };
  assertNamespace(server, kind, namespace);
  if (kind.hasGeneration === true || kind.isCustom === true) object.metadata.generation = 1;
  applyRules(server, schema, admission, object, undefined);
  for (let tries = 0; server.store.get(table, objectKey(kind, namespace, object.metadata.name ?? "")) !== undefined; ) {
    if (!isGenerated || ++tries >= NAME_TRIES) throw alreadyExists(qualifiedPlural(kind), object.metadata.name ?? "");
    delete object.metadata.name;
    nameNew();
  }
  if (dryRun) return present(kind, object);
  return present(kind, server.store.put(table, objectKey(kind, namespace, object.metadata.name ?? ""), object));
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
function assertNamespace(server: ServerContext, kind: Kind, namespace: string): void {
  if (!kind.namespaced) return;
  const found = server.store.get("/namespaces", namespace);
  if (found === undefined) throw notFoundObject("", "namespaces", namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const message = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw new KubeStatusError({
    ...failure(403, "Forbidden", `${qualifiedPlural(kind)} is forbidden: ${message}`),
    details: {
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
