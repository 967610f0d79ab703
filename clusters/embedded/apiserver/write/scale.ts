import { copyJson } from "../../../../core/json.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { FieldSet } from "../ownership/field-set.ts";
import { entriesOf, ownedAfterUpdate } from "../ownership/managed-fields.ts";
import type { Json } from "../patch/merge.ts";
import { scaleOf, sendObject } from "../read/read.ts";
import { readObject } from "../requests/body.ts";
import { present } from "../server-context.ts";
import { badRequest, invalid, invalidObject } from "../validation/field-error.ts";
import { currentOf, storeChange } from "./change.ts";
import { type Write, writerOf } from "./write.ts";

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

/** Answers a PATCH of `scale`. */
export function patchScale(write: Write, change: (target: Json) => Json): void {
  const current = currentOf(write);
  storeScale(write, current, change(scaleOf(write.kind, current) as unknown as Json) as unknown as KubeObject);
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
  const path = (kind.scale?.specPath ?? ["spec", "replicas"]).map((name) => `f:${name}`);
  const isOwned = entriesOf(current).some(({ fieldsV1 }) => hasPath(fieldsV1, path));
  const owned =
    type === undefined || !isOwned
      ? entriesOf(current)
      : ownedAfterUpdate(shown, sent, type, entriesOf(current), writerOf(write));
  const main: Write = { ...write, request: { ...request, info: { ...request.info, subresource: "" } } };
  sendObject(server, request, kind, 200, scaleOf(kind, storeChange(main, current, sent, owned)));
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
