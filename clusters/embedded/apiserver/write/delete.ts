import { copyJson } from "../../../../core/json.ts";
import type { KubeObject, Status } from "../../../../kube/types.ts";
import { isObject } from "../crd/types.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { objectKey, tableOf } from "../kinds/registry.ts";
import type { ApiRequest } from "../pipeline.ts";
import { parseInteger, sendObject, warningHeaders } from "../read/read.ts";
import { selection } from "../read/selectors.ts";
import { readJson } from "../requests/body.ts";
import { findStored, present, type ServerContext } from "../server-context.ts";
import { conflict } from "../store/refusals.ts";
import { badRequest, forbiddenObject, invalidObject, notFoundObject, notSupported } from "../validation/field-error.ts";
import { writeOptions } from "./options.ts";

type DeleteOptions = {
  readonly gracePeriodSeconds?: number | null;
  readonly propagationPolicy?: string | null;
  readonly orphanDependents?: boolean | null;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | null;
  readonly dryRun?: readonly string[] | null;
};

/** In the order of the refusal. */
const POLICIES = ["Foreground", "Background", "Orphan"];
const BY_POLICY: Readonly<Record<string, string>> = { Foreground: "foregroundDeletion", Orphan: "orphan" };

/** Namespaces that the NamespaceLifecycle admission keeps. */
const IMMORTAL = new Set(["default", "kube-system", "kube-public"]);

/** Kinds that come back as they were even when they are gone at once; others are answered by a Status. */
const RETURNED = new Set([
  "CSIDriver",
  "CSINode",
  "CSIStorageCapacity",
  "Namespace",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Pod",
  "PodTemplate",
  "ResourceQuota",
  "Service",
  "ServiceAccount",
  "StorageClass",
  "VolumeAttachment",
]);

/** Answers a DELETE of one object. */
export async function deleteObject(server: ServerContext, request: ApiRequest, kind: Kind): Promise<void> {
  const { info } = request;
  const options = await deleteOptions(server, request);
  const current = findStored(server, kind, info.namespace, info.name);
  if (current === undefined) throw notFoundObject(kind.group, kind.plural, info.name);
  if (kind.plural === "namespaces" && kind.group === "" && IMMORTAL.has(info.name))
    throw forbiddenObject("", "namespaces", info.name, "this namespace may not be deleted");
  const { object, isGone } = markDeleted(server, kind, current, options);
  if (!isGone || RETURNED.has(kind.kind)) return sendObject(server, request, kind, 200, present(kind, object));
  const status: Status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: info.name,
      ...(kind.group !== "" && { group: kind.group }),
      kind: kind.plural,
      ...(object.metadata.uid !== undefined && { uid: object.metadata.uid }),
    },
  };
  sendObject(server, request, kind, 200, status as unknown as KubeObject);
}

/** Answers a DELETE of a collection: everything the selectors leave. */
export async function deleteCollection(server: ServerContext, request: ApiRequest, kind: Kind): Promise<void> {
  const { info, exchange } = request;
  const options = await deleteOptions(server, request);
  const matches = selection(kind, exchange.query.get("labelSelector"), exchange.query.get("fieldSelector"));
  const prefix = kind.namespaced ? `${info.namespace}/` : "";
  const found = server.store.list(tableOf(kind), prefix).filter((object) => matches?.(object) ?? true);
  const items = found.map((object) => present(kind, markDeleted(server, kind, object, options).object));
  const metadata = { resourceVersion: String(server.store.version) };
  exchange.json(
    200,
    { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items },
    warningHeaders(request.warnings),
  );
}

async function deleteOptions(
  server: ServerContext,
  request: ApiRequest,
): Promise<DeleteOptions & { dryRun: never[] | string[] }> {
  const { exchange } = request;
  const { query } = exchange;
  const sent = (await readJson(exchange, server.extensions)) ?? {};
  if (!isObject(sent)) throw badRequest("json: cannot unmarshal into Go value of type v1.DeleteOptions");
  const body = sent as DeleteOptions;
  const grace = query.get("gracePeriodSeconds");
  const policy = body.propagationPolicy ?? query.get("propagationPolicy") ?? undefined;
  if (policy !== undefined && !POLICIES.includes(policy))
    throw invalidObject({ group: "meta.k8s.io", kind: "DeleteOptions", name: "" }, [
      notSupported("propagationPolicy", policy, [...POLICIES, "nil"]),
    ]);
  const { dryRun } = writeOptions(request, "DeleteOptions");
  return {
    ...body,
    ...(grace !== null && grace !== "" && { gracePeriodSeconds: parseInteger(grace) }),
    ...(policy !== undefined && { propagationPolicy: policy }),
    dryRun: dryRun || (body.dryRun ?? []).length > 0 ? ["All"] : [],
  };
}

/**
 * Deletes an object, or marks it when somebody still has to do something first: kubelet for a pod, finalizers,
 * the namespace controller (k8s.io/apiserver, registry/rest/delete.go).
 * @throws KubeStatusError 409 when a precondition does not hold
 */
export function markDeleted(
  server: ServerContext,
  kind: Kind,
  stored: KubeObject,
  options: DeleteOptions,
): { readonly object: KubeObject; readonly isGone: boolean } {
  const name = stored.metadata.name ?? "";
  assertPreconditions(kind, stored, options);
  const isFirst = stored.metadata.deletionTimestamp === undefined;
  const current = isFirst ? (kind.beforeDeletion?.(stored) ?? stored) : stored;
  const { metadata } = current;
  const dryRun = (options.dryRun ?? []).length > 0;
  const graceSeconds = graceOf(kind, current, options.gracePeriodSeconds ?? undefined);
  const finalizers = finalizersAfter(metadata.finalizers ?? [], options);
  const isNamespace = kind.plural === "namespaces" && kind.group === "";
  const mustWait = graceSeconds > 0 || finalizers.length > 0 || isNamespace;
  if (!mustWait) {
    if (dryRun) return { object: current, isGone: true };
    const gone = server.store.delete(tableOf(kind), objectKey(kind, metadata.namespace ?? "", name)) ?? current;
    return { object: gone, isGone: true };
  }
  const now = server.clock.now();
  const isMarked = metadata.deletionTimestamp !== undefined;
  const shrinks = isMarked && graceSeconds < (metadata.deletionGracePeriodSeconds ?? 0);
  const next: KubeObject = { ...copyJson(current), metadata: { ...copyJson(metadata) } };
  if (finalizers.length > 0) next.metadata.finalizers = finalizers;
  if (!isMarked || shrinks) {
    next.metadata.deletionTimestamp = apiTime(now + graceSeconds * 1000);
    if (!isNamespace && kind.beforeDeletion === undefined) next.metadata.deletionGracePeriodSeconds = graceSeconds;
    if (!isMarked && kind.beforeDeletion === undefined && (kind.hasGeneration === true || kind.isCustom === true))
      next.metadata.generation = (metadata.generation ?? 0) + 1;
  }
  if (isNamespace) next["status"] = { ...(current["status"] as object), phase: "Terminating" };
  const unchanged = isMarked && !shrinks && finalizers.length === (metadata.finalizers ?? []).length;
  if (unchanged || dryRun) return { object: unchanged ? current : next, isGone: false };
  const marked = server.store.put(tableOf(kind), objectKey(kind, metadata.namespace ?? "", name), next);
  return { object: marked, isGone: false };
}

/** What was only waiting for its finalizers goes when the last is taken away. */
export function removeIfDone(server: ServerContext, kind: Kind, stored: KubeObject): KubeObject {
  const { metadata } = stored;
  if (metadata.deletionTimestamp === undefined || (metadata.finalizers ?? []).length > 0) return stored;
  if (kind.plural === "namespaces" && kind.group === "") {
    const { finalizers = [] } = (stored["spec"] ?? {}) as { finalizers?: string[] };
    if (finalizers.length > 0) return stored;
  } else if ((metadata.deletionGracePeriodSeconds ?? 0) > 0) return stored;
  return server.store.delete(tableOf(kind), objectKey(kind, metadata.namespace ?? "", metadata.name ?? "")) ?? stored;
}

/** k8s.io/apiserver, BeforeDelete: the conflict is of a kind, where others are of a resource. */
function assertPreconditions(kind: Kind, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const refuse = (what: string, wanted: string, found: string | undefined, since: string): never => {
    const why = `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). The object might have been ${since}`;
    throw conflict(kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`, metadata.name ?? "", why);
  };
  if (uid !== undefined && uid !== null && uid !== metadata.uid)
    refuse("UID", uid, metadata.uid, "deleted and then recreated");
  if (resourceVersion !== undefined && resourceVersion !== null && resourceVersion !== metadata.resourceVersion)
    refuse("ResourceVersion", resourceVersion, metadata.resourceVersion, "modified");
}

/** Only pods end gracefully; one that runs nowhere, or has ended, goes at once (registry/core/pod/strategy.go). */
function graceOf(kind: Kind, pod: KubeObject, asked: number | undefined): number {
  if (kind.plural !== "pods" || kind.group !== "") return 0;
  const spec = (pod["spec"] ?? {}) as { nodeName?: string; terminationGracePeriodSeconds?: number };
  const { phase } = (pod["status"] ?? {}) as { phase?: string };
  if (!spec.nodeName || phase === "Succeeded" || phase === "Failed") return 0;
  const grace = asked ?? spec.terminationGracePeriodSeconds ?? 30;
  if (pod.metadata.deletionTimestamp === undefined) return Math.max(0, grace);
  return Math.min(grace, pod.metadata.deletionGracePeriodSeconds ?? grace);
}

/** The garbage collector takes what `propagationPolicy` adds away again when it is done. */
function finalizersAfter(finalizers: readonly string[], options: DeleteOptions): string[] {
  const policy = options.propagationPolicy ?? (options.orphanDependents === true ? "Orphan" : undefined);
  if (policy === undefined) return [...finalizers];
  const own = Object.values(BY_POLICY);
  const others = finalizers.filter((one) => !own.includes(one));
  const added = BY_POLICY[policy];
  return added === undefined ? others : [...others, added];
}

function apiTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
