import { copyJson } from "../../../../core/json.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { Kind } from "../kinds/kind.ts";
import type { FieldSet } from "../ownership/field-set.ts";
import { entriesOf, type ManagedFieldsEntry, ownedAfterUpdate } from "../ownership/managed-fields.ts";
import type { Json } from "../patch/merge.ts";
import { scaleOf, sendObject } from "../read/read.ts";
import { readObject } from "../requests/body.ts";
import { present } from "../server-context.ts";
import { badRequest, invalid, invalidObject } from "../validation/field-error.ts";
import { currentOf, storeChange } from "./change.ts";
import { refusedPatch, tellNotes, type Write, writerOf } from "./write.ts";

const SCALE = { group: "autoscaling", version: "v1", kind: "Scale" } as const;

/** Answers a PUT of `scale`. */
export async function updateScale(write: Write): Promise<void> {
  const { info, exchange } = write.request;
  const sent = await readObject(exchange, SCALE, write.server.extensions);
  const { name = "" } = sent.metadata;
  if (name !== info.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  storeScale(write, currentOf(write), sent);
}

/** What a patch does, how a refusal shows it, and what its client may want to know of it. */
export type ScalePatch = {
  readonly change: (target: Json) => Json;
  readonly shownOf: (target: Json) => string;
  readonly notes: readonly string[];
};

/** Answers a PATCH of `scale`. */
export function patchScale(write: Write, { change, shownOf, notes }: ScalePatch): void {
  const current = currentOf(write);
  const scale = scaleOf(write.kind, current);
  const owners = ownersOf(current, replicasField(write.kind));
  const shown = {
    ...scale,
    metadata: { ...scale.metadata, ...(owners.length > 0 && { managedFields: owners }) },
  } as unknown as Json;
  const patched = change(shown) as unknown as KubeObject;
  tellNotes(write, notes, (why) => refusedPatch(shownOf(shown), why));
  storeScale(write, current, patched);
}

function storeScale(write: Write, current: KubeObject, scale: KubeObject): void {
  const { kind, request, server, type } = write;
  const replicas = (scale["spec"] as { replicas?: number } | undefined)?.replicas ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0)
    throw invalidObject({ group: "autoscaling", kind: "Scale", name: current.metadata.name ?? "" }, [
      invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  const { resourceVersion } = scale.metadata;
  const shown = present(kind, current);
  const sent = {
    ...shown,
    metadata: { ...current.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
    spec: withReplicas(kind.scale?.specPath ?? ["spec", "replicas"], shown, replicas),
  };
  // The scale shows the owners of the replicas alone, and what nobody owns is not tracked (managedfields, scalehandler).
  const isOwned = ownersOf(current, replicasField(kind)).length > 0;
  const owned =
    type === undefined || !isOwned
      ? entriesOf(current)
      : ownedAfterUpdate(shown, sent, type, entriesOf(current), writerOf(write));
  const main: Write = { ...write, request: { ...request, info: { ...request.info, subresource: "" } } };
  sendObject(server, request, kind, 200, scaleOf(kind, storeChange(main, current, sent, owned)));
}

/** Where ownership has the replicas: `f:spec`, `f:replicas`. */
function replicasField({ scale }: Kind): readonly string[] {
  return (scale?.specPath ?? ["spec", "replicas"]).map((name) => `f:${name}`);
}

/** Who owns the replicas, as a scale shows it (k8s.io/apimachinery, managedfields/scalehandler.go). */
function ownersOf(object: KubeObject, field: readonly string[]): ManagedFieldsEntry[] {
  return entriesOf(object)
    .filter(({ fieldsV1 }) => hasPath(fieldsV1, field))
    .map((entry) => ({
      ...entry,
      apiVersion: `${SCALE.group}/${SCALE.version}`,
      fieldsV1: { "f:spec": { "f:replicas": {} } },
    }));
}

function hasPath(set: FieldSet, path: readonly string[]): boolean {
  return path.reduce<FieldSet | undefined>((node, element) => node?.[element], set) !== undefined;
}

function withReplicas(path: readonly string[], object: KubeObject, replicas: number): unknown {
  const spec = copyJson(object["spec"] ?? {}) as Record<string, unknown>;
  let at = spec;
  const inner = path.slice(1);
  for (const name of inner.slice(0, -1)) {
    at[name] ??= {};
    at = at[name] as Record<string, unknown>;
  }
  at[inner.at(-1) ?? "replicas"] = replicas;
  return spec;
}
