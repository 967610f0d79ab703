import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { Schema } from "../crd/types.ts";
import { type Kind, qualifiedPlural } from "../kinds/kind.ts";
import { canonical } from "../kinds/pods.ts";
import { objectKey, tableOf } from "../kinds/registry.ts";
import { jsonPatch } from "../patch/json-patch.ts";
import { type Json, mergePatch } from "../patch/merge.ts";
import { strategicMerge } from "../patch/strategic.ts";
import type { ApiRequest } from "../pipeline.ts";
import { scaleOf, sendObject } from "../read/read.ts";
import { mediaTypeOf, readJson, readObject } from "../requests/body.ts";
import { findStored, present, type ServerContext } from "../server-context.ts";
import { conflict } from "../store/refusals.ts";
import { assertVersion } from "../store/store.ts";
import { badRequest, failure, invalid, invalidObject, notFoundObject } from "../validation/field-error.ts";
import { applyRules } from "./apply-rules.ts";
import { namespaceFor } from "./create.ts";
import { removeIfDone } from "./delete.ts";
import { pruneUnknown, type WriteOptions, writeOptions } from "./options.ts";

/** Answers a PUT: of the object, its status, its scale, or a namespace's finalizers. */
export async function updateObject(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
): Promise<void> {
  const { info, exchange } = request;
  const options = writeOptions(request, "UpdateOptions");
  const isScale = info.subresource === "scale";
  const sent = await readObject(exchange, isScale ? SCALE : kind, server.extensions);
  const { name = "" } = sent.metadata;
  if (name !== info.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  namespaceFor(kind, info.namespace === info.name && kind.plural === "namespaces" ? "" : info.namespace, sent);
  const current = currentOf(server, request, kind);
  if (isScale)
    return sendScale(server, request, kind, storeScale(server, request, kind, schema, current, sent, options));
  pruneUnknown(kind, schema, sent, options, request.warnings);
  if (kind.isCustom === true && !sent.metadata.resourceVersion)
    throw invalidObject({ group: kind.group, kind: kind.kind, name }, [
      { type: "invalid", field: "metadata.resourceVersion", value: 0, detail: "must be specified for an update" },
    ]);
  const written = kind.storedAs === undefined ? sent : kind.storedAs.write(sent);
  sendObject(server, request, kind, 200, storeChange(server, request, kind, schema, current, written, options));
}

const PATCH_TYPES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/** Answers a PATCH in the three forms that change what is there. */
export async function patchObject(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
): Promise<void> {
  const { info, exchange } = request;
  const options = writeOptions(request, "PatchOptions");
  const type = mediaTypeOf(exchange);
  if (!PATCH_TYPES.includes(type) || (type === PATCH_TYPES[2] && kind.isCustom === true))
    throw new KubeStatusError({ ...failure(415, "UnsupportedMediaType", "415: Unsupported Media Type"), details: {} });
  const patch = ((await readJson(exchange, server.extensions)) ?? {}) as Json;
  const current = currentOf(server, request, kind);
  const isScale = info.subresource === "scale";
  const target = (isScale ? scaleOf(kind, current) : present(kind, current)) as unknown as Json;
  const patched = patchedBy(type, structuredClone(target), patch, kind) as unknown as KubeObject;
  if (typeof patched !== "object" || patched === null || typeof patched.metadata !== "object")
    throw badRequest("the patch leaves no object");
  if (isScale)
    return sendScale(server, request, kind, storeScale(server, request, kind, schema, current, patched, options));
  if (patched.metadata.name !== info.name)
    throw badRequest(
      `the name of the object (${patched.metadata.name}) does not match the name on the URL (${info.name})`,
    );
  pruneUnknown(kind, schema, patched, options, request.warnings);
  const written = kind.storedAs === undefined ? patched : kind.storedAs.write(patched);
  sendObject(server, request, kind, 200, storeChange(server, request, kind, schema, current, written, options));
}

function patchedBy(type: string, target: Json, patch: Json, kind: Kind): Json {
  if (type === PATCH_TYPES[0]) return jsonPatch(target, patch);
  if (type === PATCH_TYPES[1]) return mergePatch(target, patch);
  return strategicMerge(target, patch, kind.mergeKeys ?? (() => undefined));
}

function currentOf(server: ServerContext, { info }: ApiRequest, kind: Kind): KubeObject {
  const current = findStored(server, kind, info.namespace, info.name);
  if (current === undefined) throw notFoundObject(kind.group, kind.plural, info.name);
  return current;
}

/** Metadata that no update changes. */
const FIXED = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] as const;

/**
 * Stores a changed object; a change of nothing is none, and bumps no version.
 * @throws KubeStatusError 409 for a stale version or another uid, 422 for what is not valid
 */
export function storeChange(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
  current: KubeObject,
  sent: KubeObject,
  { dryRun }: Pick<WriteOptions, "dryRun">,
): KubeObject {
  const { info } = request;
  const { name = "", namespace = "" } = current.metadata;
  const qualified = qualifiedPlural(kind);
  assertVersion(sent.metadata.resourceVersion, current, qualified);
  if (sent.metadata.uid !== undefined && sent.metadata.uid !== "" && sent.metadata.uid !== current.metadata.uid)
    throw conflict(
      qualified,
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/${registryPath(kind)}/${objectKey(kind, namespace, name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${sent.metadata.uid}, UID in object meta: ${current.metadata.uid}`,
    );
  const next = structuredClone({ ...sent, metadata: { ...sent.metadata } }) as KubeObject;
  mergeBySubresource(kind, info.subresource, next, current);
  const metadata = next.metadata as Record<string, unknown>;
  for (const field of FIXED) {
    const value = (current.metadata as Record<string, unknown>)[field];
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  metadata["name"] = name;
  if (kind.namespaced) metadata["namespace"] = namespace;
  delete metadata["managedFields"];
  delete metadata["selfLink"];
  metadata["resourceVersion"] = current.metadata.resourceVersion;
  applyRules(
    server,
    schema,
    {
      operation: "UPDATE",
      kind,
      subresource: info.subresource,
      namespace,
      name,
      user: request.user,
      dryRun,
      warnings: request.warnings,
    },
    next,
    current,
  );
  assertFinalizers(kind, next, current);
  if (canonical(next) === canonical(current)) return present(kind, current);
  if (info.subresource !== "status" && changesGeneration(kind, next, current))
    next.metadata.generation = (current.metadata.generation ?? 0) + 1;
  if (dryRun) return present(kind, next);
  const stored = server.store.put(tableOf(kind), objectKey(kind, namespace, name), next);
  return present(kind, removeIfDone(server, kind, stored));
}

/** The main resource leaves the status alone; `status` touches nothing else, but for a Node's and Pod's metadata. */
function mergeBySubresource(kind: Kind, subresource: string, next: KubeObject, current: KubeObject): void {
  const hasStatus = kind.subresources.some(({ name }) => name === "status");
  if (subresource === "status") {
    for (const field of Object.keys(next))
      if (!["apiVersion", "kind", "metadata", "status"].includes(field)) delete next[field];
    for (const [field, value] of Object.entries(current))
      if (!["apiVersion", "kind", "metadata", "status"].includes(field)) next[field] = structuredClone(value);
    if (kind.kind !== "Node" && kind.kind !== "Pod") next.metadata = { ...current.metadata };
    else {
      const { ownerReferences } = current.metadata;
      if (ownerReferences === undefined) delete next.metadata.ownerReferences;
      else next.metadata.ownerReferences = ownerReferences;
    }
    return;
  }
  if (subresource === "finalize") {
    const { spec } = next;
    for (const [field, value] of Object.entries(current)) if (field !== "spec") next[field] = structuredClone(value);
    next["spec"] = spec ?? {};
    next.metadata = { ...current.metadata };
    return;
  }
  if (kind.plural === "namespaces" && kind.group === "") next["spec"] = structuredClone(current["spec"]);
  if (!hasStatus) return;
  if (current["status"] === undefined) delete next["status"];
  else next["status"] = structuredClone(current["status"]);
}

function changesGeneration(kind: Kind, next: KubeObject, current: KubeObject): boolean {
  if (kind.isCustom !== true && kind.hasGeneration !== true) return false;
  const hasStatus = kind.isCustom !== true || kind.subresources.some(({ name }) => name === "status");
  const counted = ({ metadata: _metadata, status, ...rest }: KubeObject): unknown =>
    hasStatus ? rest : { ...rest, status };
  return canonical(counted(next)) !== canonical(counted(current));
}

/** No finalizer may be added to what is being deleted. */
function assertFinalizers(kind: Kind, next: KubeObject, current: KubeObject): void {
  if (current.metadata.deletionTimestamp === undefined) return;
  const added = (next.metadata.finalizers ?? []).filter((one) => !(current.metadata.finalizers ?? []).includes(one));
  if (added.length === 0) return;
  throw invalidObject({ group: kind.group, kind: kind.kind, name: next.metadata.name ?? "" }, [
    {
      type: "forbidden",
      field: "metadata.finalizers",
      detail: `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(", ")}}`,
    },
  ]);
}

function registryPath(kind: Kind): string {
  return kind.isCustom === true ? `${kind.group}/${kind.plural}` : kind.plural;
}

const SCALE = { group: "autoscaling", version: "v1", kind: "Scale" } as const;

function storeScale(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
  current: KubeObject,
  scale: KubeObject,
  options: WriteOptions,
): KubeObject {
  const replicas = (scale["spec"] as { replicas?: number } | undefined)?.replicas ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0)
    throw invalidObject({ group: "autoscaling", kind: "Scale", name: current.metadata.name ?? "" }, [
      invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  const { resourceVersion } = scale.metadata;
  const sent = {
    ...current,
    metadata: { ...current.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
    spec: { ...(current["spec"] as object), replicas },
  };
  return storeChange(
    server,
    { ...request, info: { ...request.info, subresource: "" } },
    kind,
    schema,
    current,
    sent,
    options,
  );
}

function sendScale(server: ServerContext, request: ApiRequest, kind: Kind, stored: KubeObject): void {
  sendObject(server, request, kind, 200, scaleOf(kind, stored));
}
