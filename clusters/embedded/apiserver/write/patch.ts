import { goTokenOf } from "../../../../core/go/index.ts";
import { isMountproofError, messageOf } from "../../../../core/index.ts";
import { copyJson } from "../../../../core/json.ts";
import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { isObject, type Schema } from "../crd/types.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { applied } from "../ownership/managed-fields.ts";
import { assertTyped, TypedValueError } from "../ownership/typed-value.ts";
import { goJsonText, goOrdered, goText } from "../patch/go-text.ts";
import { jsonPatch, placesOf } from "../patch/json-patch.ts";
import { isMap, type Json, mergePatch } from "../patch/merge.ts";
import { type PatchForm, readPatch } from "../patch/read-patch.ts";
import { strategicMerge, withoutNulls } from "../patch/strategic.ts";
import type { ApiRequest } from "../pipeline.ts";
import { sendObject } from "../read/read.ts";
import { mediaTypeOf, TYPE_OF_ANY } from "../requests/body.ts";
import { emptyObject } from "../schema/kind-types.ts";
import { ANY } from "../schema/type-node.ts";
import { findStored, present, type ServerContext } from "../server-context.ts";
import { unsupportedMediaType } from "../store/refusals.ts";
import { badRequest, failure, invalidObject, plainFailure, required } from "../validation/field-error.ts";
import { currentOf, storeChange } from "./change.ts";
import { storeNew } from "./create.ts";
import { patchScale } from "./scale.ts";
import { beginWrite, refusedPatch, typedObject, typedPatched, type Write, writerOf } from "./write.ts";

const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const APPLY = "application/apply-patch+yaml";
const FORMS: ReadonlyMap<string, PatchForm> = new Map([
  [JSON_PATCH, "json"],
  [MERGE_PATCH, "merge"],
  [STRATEGIC, "strategic"],
]);

/** Answers a PATCH in its four forms. */
export async function patchObject(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
): Promise<void> {
  const { info, exchange } = request;
  const type = mediaTypeOf(exchange);
  if (type === STRATEGIC && kind.isCustom === true) throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, APPLY]);
  const form = FORMS.get(type);
  if (form === undefined && type !== APPLY)
    throw new KubeStatusError({ ...failure(415, "UnsupportedMediaType", "415: Unsupported Media Type"), details: {} });
  const write = await beginWrite(server, request, kind, schema, "PatchOptions");
  if (form === undefined) return await applyObject(write);
  if (write.options.force && exchange.query.has("force"))
    throw invalidObject({ group: "meta.k8s.io", kind: "PatchOptions", name: "" }, [
      { type: "forbidden", field: "force", detail: "may not be specified for non-apply patch" },
    ]);
  const text = (await exchange.body()).toString("utf8");
  const { patch, notes } = readPatch(form, text, write.options.fieldValidation !== "Ignore");
  const change = (target: Json): Json => patchedBy(form, target, patch, write);
  const shownOf = (target: Json): string =>
    form === "strategic"
      ? goText(asObeyed(patch, target))
      : goJsonText(change(target), form === "json" ? placesOf(patch) : patch);
  if (info.subresource === "scale") return patchScale(write, { change, shownOf, notes });
  const current = currentOf(write);
  const before = present(kind, current);
  // What a schema says is filled in and pruned in place; a built-in kind's type is read into a new object.
  const changed = change((kind.isCustom === true ? copyJson(before) : before) as unknown as Json);
  if (!isObject(changed)) throw refusedPatch(JSON.stringify(changed), whyNoObject(changed));
  const shown = (): string =>
    shownOf(goOrdered(before as unknown as Json, kind.isCustom === true ? undefined : write.type));
  // What has no name any more is told so below.
  const named = { ...changed, metadata: changed["metadata"] ?? {} } as KubeObject;
  const patched = typedPatched(write, named, { before, shown, notes, isStrategic: form === "strategic" });
  if (patched.metadata.name !== info.name)
    throw badRequest(
      `the name of the object (${patched.metadata.name ?? ""}) does not match the name on the URL (${info.name})`,
    );
  sendObject(server, request, kind, 200, storeChange(write, current, patched));
}

/** Go's words for a list that a JSON or a merge patch puts in the object's place. */
function whyNoObject(value: Json): string {
  return `couldn't get version/kind; json parse error: json: cannot unmarshal ${goTokenOf(value)} into Go value of type ${TYPE_OF_ANY}`;
}

/** A patch is shown as it was when its first directive had been obeyed. */
function asObeyed(patch: Json, target: Json): Json {
  if (!isMap(patch)) return patch;
  return patch["$patch"] === "replace" ? strategicMerge({}, patch, ANY) : asTaken(patch, target);
}

/** What came to an object that had nothing there was put into it, and lost its nulls in the patch itself. */
function asTaken(patch: Json, target: Json | undefined): Json {
  if (!isMap(patch)) return patch;
  const fields = isMap(target) ? target : {};
  return Object.fromEntries(
    Object.entries(patch).map(([name, value]) => [
      name,
      Object.hasOwn(fields, name) ? asTaken(value, fields[name]) : withoutNulls(value),
    ]),
  );
}

function patchedBy(form: PatchForm, target: Json, patch: Json, { type }: Write): Json {
  if (form === "json") return jsonPatch(target, patch);
  if (form === "merge") return mergePatch(target, patch);
  return strategicMerge(target, patch, type ?? ANY);
}

/** Server-side apply: the object comes to be, or gets what the applier wants and loses what only it had. */
async function applyObject(write: Write): Promise<void> {
  const { kind, options, request, server, type } = write;
  const { info, exchange } = request;
  if (options.fieldManager === undefined)
    throw invalidObject({ group: "meta.k8s.io", kind: "PatchOptions", name: "" }, [
      required("fieldManager", "is required for apply patch"),
    ]);
  if (type === undefined || kind.storedAs !== undefined || info.subresource === "scale")
    throw new KubeStatusError({ ...failure(415, "UnsupportedMediaType", "415: Unsupported Media Type"), details: {} });
  const patch = await readConfiguration(await exchange.body(), write);
  const stored = findStored(server, kind, info.namespace, info.name);
  const live = stored === undefined ? undefined : present(kind, stored);
  if (live === undefined && info.subresource !== "") currentOf(write);
  const { object, entries } = merged(write, live, patch);
  const own = kind.isCustom === true ? copyJson(object) : object;
  const next = readApplied({ ...write, options: { ...options, fieldValidation: "Ignore" } }, own);
  if (stored !== undefined) {
    // A version or uid in the patch is a precondition; the live object's own are none.
    next.metadata = { ...next.metadata };
    if (!patch.metadata.resourceVersion) delete next.metadata.resourceVersion;
    return sendObject(server, request, kind, 200, storeChange(write, stored, next, entries));
  }
  next.metadata = { ...next.metadata, name: info.name };
  sendObject(server, request, kind, 201, storeNew(write, next, entries));
}

/** What Go cannot read of a merged object is no fault of the request to a real server: a plain error, 500. */
function readApplied(write: Write, object: KubeObject): KubeObject {
  try {
    return typedObject(write, object);
  } catch (error) {
    if (error instanceof KubeStatusError && error.status.code === 400) throw plainFailure(error.status.message ?? "");
    throw error;
  }
}

function merged(write: Write, live: KubeObject | undefined, patch: KubeObject): ReturnType<typeof applied> {
  const { kind, options, request, type = ANY } = write;
  const { namespace, name } = request.info;
  const where = `(${kind.namespaced ? `${namespace}/` : "/"}${name}; ${kind.group}/${kind.version}, Kind=${kind.kind})`;
  try {
    assertTyped(patch, type);
  } catch (error) {
    if (error instanceof TypedValueError)
      throw plainFailure(`failed to create typed patch object ${where}: ${error.message}`);
    throw error;
  }
  try {
    return applied(live, patch, type, {
      writer: writerOf(write),
      force: options.force,
      empty: emptyObject(kind, type),
      reset: resetFields(kind, request.info.subresource),
    });
  } catch (error) {
    if (error instanceof TypedValueError)
      throw plainFailure(`failed to create manager for existing fields: ${error.message}`);
    throw error;
  }
}

/** What an endpoint does not take from what is sent to it (GetResetFields of k8s.io/kubernetes' strategies). */
function resetFields({ subresources }: Kind, subresource: string): readonly string[] {
  if (subresource === "status") return ["spec"];
  return subresource === "" && subresources.some(({ name }) => name === "status") ? ["status"] : [];
}

/** @throws KubeStatusError 400 for what is no object of the kind */
async function readConfiguration(body: Buffer, { kind, request }: Write): Promise<KubeObject> {
  const { parse } = await import("yaml");
  let value: unknown;
  try {
    value = parse(body.toString("utf8"), { maxAliasCount: 100 });
  } catch (error) {
    throw badRequest(`error decoding YAML: ${isMountproofError(error) ? error.message : messageOf(error)}`);
  }
  if (!isObject(value)) throw badRequest("error decoding YAML: the patch is no object");
  const { apiVersion = "", kind: given = "", metadata } = value as Partial<KubeObject>;
  if (given === "") throw badRequest("Object 'Kind' is missing in 'unstructured object has no kind'");
  if (apiVersion !== apiVersionOf(kind) || given !== kind.kind)
    throw badRequest(
      `patch object's GVK ${apiVersion}, Kind=${given} does not match the request's ${apiVersionOf(kind)}, Kind=${kind.kind}`,
    );
  const meta = isObject(metadata) ? metadata : {};
  if (meta["managedFields"] !== undefined) throw badRequest("metadata.managedFields must be nil");
  const { name } = request.info;
  if (typeof meta["name"] === "string" && meta["name"] !== "" && meta["name"] !== name)
    throw badRequest(`the name of the object (${meta["name"]}) does not match the name on the URL (${name})`);
  return { ...value, metadata: { ...meta } } as KubeObject;
}
