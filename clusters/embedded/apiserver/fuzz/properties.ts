import { sameJson } from "../../../../core/json.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { isObject, type Loose } from "../crd/types.ts";
import type { FieldSet } from "../ownership/field-set.ts";
import { entriesOf } from "../ownership/managed-fields.ts";

/** An object without what a write of nothing may leave otherwise: nothing but the times of ownership. */
function timeless(object: KubeObject): unknown {
  const { managedFields: _owned, ...metadata } = object.metadata;
  const managedFields = entriesOf(object);
  return { ...object, metadata: { ...metadata, managedFields: managedFields.map(({ time: _time, ...rest }) => rest) } };
}

/** The same without its version: whether two states of an object hold the same. */
export function isSameState(a: KubeObject, b: KubeObject): boolean {
  const bare = (object: KubeObject): unknown => {
    const { resourceVersion: _version, ...metadata } = object.metadata;
    return timeless({ ...object, metadata });
  };
  return sameJson(bare(a), bare(b));
}

/** A dry run answers as the real thing does, but for what only a stored object has. */
export function isSameAnswer(dry: KubeObject, real: KubeObject): boolean {
  const bare = (object: KubeObject): unknown => {
    if (object.kind === "Status") return object;
    const { resourceVersion: _version, uid: _uid, creationTimestamp: _time, ...metadata } = object.metadata;
    const { status: _status, ...rest } = timeless({ ...object, metadata }) as Loose;
    return withoutAddresses(rest);
  };
  return sameJson(bare(dry), bare(real));
}

/** A Service gets its address when it is stored. */
function withoutAddresses(object: Loose): Loose {
  if (!isObject(object["spec"])) return object;
  const { clusterIP: _ip, clusterIPs: _ips, ...spec } = object["spec"];
  return { ...object, spec };
}

/** What each applier has applied last, by manager and subresource. */
export type LastApplied = ReadonlyMap<string, unknown>;

export function applierOf(manager: string, subresource: string): string {
  return `${manager}|${subresource}`;
}

/** What is wrong with the ownership that an object tells of: paths that lead nowhere, entries that stand twice. */
export function ownershipFaults(object: KubeObject, last: LastApplied): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const { apiVersion, fieldsV1, manager, operation, subresource = "" } of entriesOf(object)) {
    const identity = [manager, operation, subresource, operation === "Update" ? apiVersion : ""].join("|");
    if (seen.has(identity)) faults.push(`${identity} stands twice`);
    seen.add(identity);
    if (Object.keys(fieldsV1).length === 0) faults.push(`${identity} owns nothing and is still there`);
    const applied = operation === "Apply" ? last.get(applierOf(manager, subresource)) : undefined;
    for (const { path, value } of lostPaths(fieldsV1, object, applied, "")) {
      // Who applies what is empty owns it, and Go prints nothing of it.
      const isEmpty = applied !== undefined && isZero(value);
      // What a Secret takes as text is kept as data, and a CustomResource's status endpoint takes no metadata.
      const isTaken = path.startsWith(".f:stringData") || (subresource === "status" && path.startsWith(".f:metadata"));
      if (!isEmpty && !isTaken) faults.push(`${identity} owns ${path}, which is not there`);
    }
  }
  return faults;
}

function isZero(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every(isZero);
}

type Lost = { readonly path: string; readonly value: unknown };

function lostPaths(set: FieldSet, value: unknown, applied: unknown, path: string): Lost[] {
  return Object.entries(set).flatMap(([element, below]): Lost[] => {
    if (element === ".") return [];
    const at = `${path}.${element}`;
    const found = member(value, element);
    const wanted = member(applied, element)?.value;
    return found === undefined ? [{ path: at, value: wanted }] : lostPaths(below, found.value, wanted, at);
  });
}

function member(value: unknown, element: string): { readonly value: unknown } | undefined {
  const name = element.slice(2);
  if (element.startsWith("f:")) {
    // Go leaves out what is empty; an owner of an empty field owns it still.
    return isObject(value) && Object.hasOwn(value, name) ? { value: value[name] } : undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const wanted = JSON.parse(name) as unknown;
  const found = element.startsWith("v:")
    ? value.find((item) => sameJson(item, wanted))
    : value.find(
        (item) => isObject(item) && Object.entries(wanted as Loose).every(([key, one]) => keyMatches(item[key], one)),
      );
  return found === undefined ? undefined : { value: found };
}

function keyMatches(value: unknown, wanted: unknown): boolean {
  // A key that is left out is empty in Go.
  return sameJson(value ?? "", wanted);
}
