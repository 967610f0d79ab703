import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { TypeNode } from "../schema/type-node.ts";
import { failure } from "../validation/field-error.ts";
import { difference, EMPTY, type FieldSet, intersection, isEmpty, pathsOf, sortedSet, union } from "./field-set.ts";
import {
  assertTyped,
  type Comparison,
  compare,
  fieldSetOf,
  merge,
  removeItems,
  TypedValueError,
  withNamedFields,
} from "./typed-value.ts";

/** One entry of `metadata.managedFields`: who owns which fields, by which kind of write. */
export type ManagedFieldsEntry = {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
};

/** Who writes, as ownership knows them. */
export type Writer = {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
};

const leaf = (...names: string[]): FieldSet => Object.fromEntries(names.map((name) => [`f:${name}`, EMPTY]));

/** Fields that nobody owns: the server sets them, or they say what the object is. */
const NOBODYS: FieldSet = {
  ...leaf("apiVersion", "kind"),
  "f:metadata": {
    ".": EMPTY,
    ...leaf("name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields"),
    ...leaf("resourceVersion"),
  },
};

/** More managers by update than this are put together as one (k8s.io/apimachinery, managedfields, capmanagers). */
const MOST_UPDATERS = 10;
const ANCIENT = "ancient-changes";
const BEFORE_FIRST_APPLY = "before-first-apply";

export function entriesOf(object: KubeObject | undefined): readonly ManagedFieldsEntry[] {
  return (object?.metadata.managedFields ?? []) as ManagedFieldsEntry[];
}

/** What is compared and merged: everything but the ownership itself. */
export function withoutOwnership(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _owned, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Puts the entries into the object, in place; none leaves no field. */
export function setEntries(object: KubeObject, entries: readonly ManagedFieldsEntry[]): void {
  const metadata = object.metadata as Record<string, unknown>;
  if (entries.length === 0) delete metadata["managedFields"];
  else metadata["managedFields"] = entries;
}

/**
 * Ownership after a write that is no apply: what it changed belongs to the writer and to nobody else.
 * @param live before the write; for a new object the empty one of its kind
 */
export function ownedAfterUpdate(
  live: KubeObject,
  next: KubeObject,
  type: TypeNode,
  entries: readonly ManagedFieldsEntry[],
  writer: Writer,
): readonly ManagedFieldsEntry[] {
  const found = comparison(withoutOwnership(live), withoutOwnership(next), type);
  // A real server forgets all ownership of what it cannot look at (FieldManager.UpdateNoErrors).
  if (found === undefined) return [];
  const { added, modified, removed } = found;
  const taken = difference(union(added, modified), NOBODYS);
  if (isEmpty(taken) && isEmpty(removed)) return entries;
  const gone = union(taken, removed);
  const others = entries
    .map((entry) => ({ ...entry, fieldsV1: difference(entry.fieldsV1, gone) }))
    .filter(({ fieldsV1 }) => !isEmpty(fieldsV1));
  if (isEmpty(taken)) return others;
  const mine = others.find((entry) => isBy(entry, writer, "Update"));
  const own = entryOf(writer, "Update", union(mine?.fieldsV1 ?? EMPTY, taken));
  return sorted(capped([...others.filter((entry) => entry !== mine), own]));
}

/** A real server forgets all ownership when it meets what it cannot look at (FieldManager.UpdateNoErrors). */
export function fitsType(object: KubeObject, type: TypeNode): boolean {
  try {
    assertTyped(withoutOwnership(object), type);
    return true;
  } catch (error) {
    if (error instanceof TypedValueError) return false;
    throw error;
  }
}

/** Undefined for an object that does not fit its type: it is refused later, and by its own rules. */
function comparison(live: KubeObject, next: KubeObject, type: TypeNode): Comparison | undefined {
  try {
    return compare(live, next, type);
  } catch (error) {
    if (error instanceof TypedValueError) return undefined;
    throw error;
  }
}

/**
 * Server-side apply (sigs.k8s.io/structured-merge-diff, merge): the live object with what the applier wants, without
 * what only the applier had and wants no longer.
 * @param live undefined for an object that is not there yet
 * @throws KubeStatusError 409 when others own what it would change, unless forced; TypedValueError for what cannot be merged
 */
export function applied(
  live: KubeObject | undefined,
  patch: KubeObject,
  type: TypeNode,
  options: {
    readonly writer: Writer;
    readonly force: boolean;
    readonly empty: KubeObject;
    /** What this endpoint leaves as it is, whatever is sent: nobody comes to own it here. */
    readonly reset?: readonly string[];
  },
): { readonly object: KubeObject; readonly entries: readonly ManagedFieldsEntry[] } {
  const { writer, force, empty, reset = [] } = options;
  const current = live === undefined ? empty : withoutOwnership(live);
  const known =
    live === undefined || entriesOf(live).length > 0
      ? entriesOf(live)
      : ownedAfterUpdate(empty, current, type, [], { ...writer, manager: BEFORE_FIRST_APPLY });
  const mine = known.find((entry) => isBy(entry, writer, "Apply"));
  const others = known.filter((entry) => entry !== mine);
  const sent = withoutFields(fieldSetOf(patch, type), reset);
  const wanted = difference(sent, NOBODYS);
  const merged = merge(current, patch, type) as KubeObject;
  // The name that a patch comes with belongs to nobody, and still holds what it stands in.
  const owned = others.reduce((set, { fieldsV1 }) => union(set, fieldsV1), sent);
  const object = pruned(merged, mine?.fieldsV1 ?? EMPTY, owned, type);

  const { added, modified, removed } = compare(current, object, type);
  const changed = withoutFields(union(added, modified), reset);
  const conflicts = others
    .map((entry) => ({ entry, paths: pathsOf(intersection(entry.fieldsV1, changed)) }))
    .filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts);
  const gone = union(changed, removed);
  const left = others
    .map((entry) => {
      // Without a conflict nothing that others own was changed; what was taken away is nobody's.
      const fieldsV1 = difference(entry.fieldsV1, intersection(entry.fieldsV1, gone));
      return { ...entry, fieldsV1 };
    })
    .filter(({ fieldsV1 }) => !isEmpty(fieldsV1));
  // An apply that changes nothing of the object leaves the time of its owner as it was.
  const { time, ...own } = entryOf(writer, "Apply", wanted);
  const isChange = live === undefined || !isEmpty(union(changed, removed));
  const when = isChange ? time : mine?.time;
  const entry: ManagedFieldsEntry = { ...own, ...(when !== undefined && { time: when }) };
  const entries = isEmpty(wanted) ? left : [...left, entry];
  return { object, entries: sorted(entries) };
}

function withoutFields(set: FieldSet, names: readonly string[]): FieldSet {
  if (names.length === 0) return set;
  return Object.fromEntries(Object.entries(set).filter(([element]) => !names.includes(element.slice(2))));
}

/** Takes out what the applier had (`last`) and nobody has now. */
function pruned(merged: KubeObject, last: FieldSet, owned: FieldSet, type: TypeNode): KubeObject {
  if (isEmpty(last)) return merged;
  const named = (set: FieldSet): FieldSet => withNamedFields(set, type);
  const setOf = (object: unknown): FieldSet => named(fieldSetOf(object, type));
  const all = setOf(merged);
  const withoutLast = removeItems(merged, named(last), type, null);
  const withOwned = removeItems(merged, difference(all, union(setOf(withoutLast ?? {}), named(owned))), type, null);
  const toRemove = intersection(difference(all, setOf(withOwned ?? {})), named(last));
  return (removeItems(merged, toRemove, type) ?? {}) as KubeObject;
}

function isBy(entry: ManagedFieldsEntry, writer: Writer, operation: ManagedFieldsEntry["operation"]): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === operation &&
    entry.apiVersion === writer.apiVersion &&
    (entry.subresource ?? "") === writer.subresource
  );
}

function entryOf(writer: Writer, operation: ManagedFieldsEntry["operation"], fieldsV1: FieldSet): ManagedFieldsEntry {
  const { apiVersion, manager, now, subresource } = writer;
  return {
    manager,
    operation,
    apiVersion,
    time: now,
    fieldsType: "FieldsV1",
    fieldsV1: sortedSet(fieldsV1),
    ...(subresource !== "" && { subresource }),
  };
}

function sorted(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] {
  const key = ({ apiVersion, manager, operation, subresource, time }: ManagedFieldsEntry): string =>
    [operation, time ?? "", manager, apiVersion, subresource ?? ""].join("\0");
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function capped(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] {
  const updaters = entries.filter(({ operation }) => operation === "Update");
  if (updaters.length <= MOST_UPDATERS) return entries;
  const oldest = [...updaters]
    .sort((a, b) => ((a.time ?? "") < (b.time ?? "") ? -1 : 1))
    .slice(0, updaters.length - MOST_UPDATERS + 1);
  const byVersion = Map.groupBy(oldest, ({ apiVersion }) => apiVersion);
  const ancient = [...byVersion].map(([apiVersion, group]): ManagedFieldsEntry => {
    const time = group.at(-1)?.time;
    return {
      manager: ANCIENT,
      operation: "Update",
      apiVersion,
      ...(time !== undefined && { time }),
      fieldsType: "FieldsV1",
      fieldsV1: sortedSet(group.reduce((set, { fieldsV1 }) => union(set, fieldsV1), EMPTY)),
    };
  });
  return [...entries.filter((entry) => !oldest.includes(entry)), ...ancient];
}

function ownerText({ apiVersion, manager, operation, subresource }: ManagedFieldsEntry): string {
  const through = subresource === undefined ? "" : ` with subresource ${JSON.stringify(subresource)}`;
  const using = operation === "Update" ? ` using ${apiVersion}` : "";
  return `${JSON.stringify(manager)}${through}${using}`;
}

function applyConflict(
  conflicts: readonly { readonly entry: ManagedFieldsEntry; readonly paths: readonly string[] }[],
): KubeStatusError {
  const causes = conflicts.flatMap(({ entry, paths }) =>
    paths.map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${ownerText(entry)}`, field })),
  );
  const [only] = causes;
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${conflicts
          .map(
            ({ entry, paths }) => `conflicts with ${ownerText(entry)}:\n${paths.map((path) => `- ${path}`).join("\n")}`,
          )
          .join("\n")}`;
  return new KubeStatusError({ ...failure(409, "Conflict", message), details: { causes } });
}
