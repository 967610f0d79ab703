import { sameJson, shareSame } from "../../../../core/json.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { type Kind, qualifiedPlural } from "../kinds/kind.ts";
import { objectKey, tableOf } from "../kinds/registry.ts";
import {
  entriesOf,
  fitsType,
  type ManagedFieldsEntry,
  ownedAfterUpdate,
  setEntries,
  withoutOwnership,
} from "../ownership/managed-fields.ts";
import { findStored, present } from "../server-context.ts";
import { conflict } from "../store/refusals.ts";
import { assertVersion } from "../store/store.ts";
import { invalidObject, notFoundObject } from "../validation/field-error.ts";
import { admit, fillDefaults } from "./apply-rules.ts";
import { removeIfDone } from "./delete.ts";
import { type Write, writerOf } from "./write.ts";

/** @throws KubeStatusError 404 */
export function currentOf({ kind, request: { info }, server }: Write): KubeObject {
  const current = findStored(server, kind, info.namespace, info.name);
  if (current === undefined) throw notFoundObject(kind.group, kind.plural, info.name);
  return current;
}

/** Metadata that no update changes. */
const FIXED = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] as const;

/**
 * Stores a changed object; a change of nothing is none, and bumps no version. What did not change is shared with what
 * was stored before, so that a status written every few seconds costs neither time nor memory for the rest.
 * @param sent of the version asked for, read as its kind; it may share with `current` what it leaves as it is, all else
 *   is this function's to keep
 * @param owned ownership as an apply found it; any other write's is found here
 * @throws KubeStatusError 409 for a stale version or another uid, 422 for what is not valid
 */
export function storeChange(
  write: Write,
  current: KubeObject,
  sent: KubeObject,
  owned?: readonly ManagedFieldsEntry[],
): KubeObject {
  const { kind, options, request, server } = write;
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
  const draft: KubeObject = { ...sent, metadata: { ...sent.metadata } };
  fillDefaults(write, draft);
  const next = kind.storedAs === undefined ? draft : kind.storedAs.write(draft);
  const whole = { ...next };
  mergeBySubresource(kind, info.subresource, next, current);
  const metadata = next.metadata as Record<string, unknown>;
  for (const field of FIXED) {
    const value = (current.metadata as Record<string, unknown>)[field];
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  metadata["name"] = name;
  if (kind.namespaced) metadata["namespace"] = namespace;
  delete metadata["selfLink"];
  metadata["resourceVersion"] = current.metadata.resourceVersion;
  const entries = owned ?? ownedByChange(write, current, next, whole);
  // A CustomResource's status endpoint changes nothing else; whose the rest would have been has been told by then.
  if (kind.isCustom === true && info.subresource === "status") next.metadata = { ...current.metadata };
  admit(
    write,
    {
      operation: "UPDATE",
      kind,
      subresource: info.subresource,
      namespace,
      name,
      user: request.user,
      dryRun: options.dryRun,
      warnings: request.warnings,
    },
    next,
    current,
  );
  assertFinalizers(kind, next, current);
  setEntries(next, entries);
  shareUnchanged(next, current);
  if (isUnchanged(next, current)) return present(kind, current);
  if (info.subresource !== "status" && changesGeneration(kind, next, current))
    next.metadata.generation = (current.metadata.generation ?? 0) + 1;
  if (options.dryRun) return present(kind, next);
  const stored = server.store.put(tableOf(kind), objectKey(kind, namespace, name), next);
  return present(kind, removeIfDone(server, kind, stored));
}

/**
 * Ownership after a change, from what the sender gave of it or from what is stored; `[{}]` forgets it all.
 * @param whole as it was sent, also where the endpoint takes no more than a part of it
 */
function ownedByChange(
  write: Write,
  current: KubeObject,
  next: KubeObject,
  whole: KubeObject,
): readonly ManagedFieldsEntry[] {
  const { request, type } = write;
  const given = entriesOf(next);
  const isReset = given.length === 1 && Object.keys(given[0] ?? {}).every((key) => given[0]?.[key as "manager"] === "");
  if (isReset && request.info.subresource === "") return [];
  const known = given.length > 0 && !isReset && request.info.subresource === "" ? given : entriesOf(current);
  // What nobody's ownership is known of stays so, until it is applied for the first time.
  if (type === undefined || known.length === 0) return known;
  // Of a CustomResource's status endpoint the rest is compared as well, and nobody has looked at it before.
  if (write.kind.isCustom === true && request.info.subresource === "status" && !fitsType(whole, type)) return [];
  return ownedAfterUpdate(present(write.kind, current), present(write.kind, next), type, known, writerOf(write));
}

/** Its metadata is a new object in any case: versions and generations are written into it. */
function shareUnchanged(next: KubeObject, current: KubeObject): void {
  const { metadata } = next;
  shareSame(metadata, current.metadata);
  shareSame(next, current);
  next.metadata = metadata;
}

/** The same but for the times of ownership: nothing to store. */
function isUnchanged(next: KubeObject, current: KubeObject): boolean {
  const timeless = (object: KubeObject): unknown => entriesOf(object).map(({ time: _time, ...entry }) => entry);
  return sameJson(withoutOwnership(next), withoutOwnership(current)) && sameJson(timeless(next), timeless(current));
}

/** The main resource leaves the status alone; `status` touches nothing else, but for a Node's and Pod's metadata. */
function mergeBySubresource(kind: Kind, subresource: string, next: KubeObject, current: KubeObject): void {
  const hasStatus = kind.subresources.some(({ name }) => name === "status");
  if (subresource === "status") {
    for (const field of Object.keys(next))
      if (!["apiVersion", "kind", "metadata", "status"].includes(field)) delete next[field];
    for (const [field, value] of Object.entries(current))
      if (!["apiVersion", "kind", "metadata", "status"].includes(field)) next[field] = value;
    // Those of built-in kinds let labels and annotations through, but for a Deployment's labels and a Pod's owners.
    if (kind.isCustom !== true) {
      next.metadata.managedFields = current.metadata.managedFields ?? [];
      if (kind.kind === "Pod") keep(next.metadata, current.metadata, "ownerReferences");
      if (kind.kind === "Deployment") keep(next.metadata, current.metadata, "labels");
    }
    return;
  }
  if (subresource === "finalize") {
    const { spec } = next;
    for (const [field, value] of Object.entries(current)) if (field !== "spec") next[field] = value;
    next["spec"] = spec ?? {};
    next.metadata = { ...current.metadata };
    return;
  }
  if (kind.plural === "namespaces" && kind.group === "") next["spec"] = current["spec"];
  if (!hasStatus) return;
  if (current["status"] === undefined) delete next["status"];
  else next["status"] = current["status"];
}

function keep(
  next: KubeObject["metadata"],
  current: KubeObject["metadata"],
  field: "labels" | "ownerReferences",
): void {
  if (current[field] === undefined) delete next[field];
  else Object.assign(next, { [field]: current[field] });
}

const annotationsOf = ({ metadata }: KubeObject): unknown => metadata.annotations ?? {};

function changesGeneration(kind: Kind, next: KubeObject, current: KubeObject): boolean {
  if (kind.isCustom !== true && kind.hasGeneration !== true) return false;
  // A Deployment's annotations reach its ReplicaSets, so they count as its spec does.
  if (kind.kind === "Deployment" && kind.group === "apps" && !sameJson(annotationsOf(next), annotationsOf(current)))
    return true;
  const hasStatus = kind.isCustom !== true || kind.subresources.some(({ name }) => name === "status");
  const counted = ({ metadata: _metadata, status, ...rest }: KubeObject): unknown =>
    hasStatus ? rest : { ...rest, status };
  return !sameJson(counted(next), counted(current));
}

/** No finalizer may be added to what is being deleted. */
function assertFinalizers(kind: Kind, next: KubeObject, current: KubeObject): void {
  if (current.metadata.deletionTimestamp === undefined) return;
  const added = (next.metadata.finalizers ?? []).filter((one) => !(current.metadata.finalizers ?? []).includes(one));
  if (added.length === 0) return;
  const error = {
    type: "forbidden",
    field: "metadata.finalizers",
    detail: `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(", ")}}`,
  } as const;
  // A CustomResource's strategy looks a second time, and says it twice.
  const errors = kind.isCustom === true ? [error, error] : [error];
  throw invalidObject({ group: kind.group, kind: kind.kind, name: next.metadata.name ?? "" }, errors);
}

function registryPath(kind: Kind): string {
  return kind.isCustom === true ? `${kind.group}/${kind.plural}` : kind.plural;
}
