import { isObject, type Loose } from "../crd/types.ts";
import type { FieldNode, TypeNode } from "../schema/type-node.ts";
import { ANY } from "../schema/type-node.ts";
import { below, EMPTY, type FieldSet, isEmpty, isMember, nodeOf } from "./field-set.ts";

/** What one object has over another, as sets of paths (sigs.k8s.io/structured-merge-diff, typed). */
export type Comparison = { readonly added: FieldSet; readonly modified: FieldSet; readonly removed: FieldSet };

type Value = unknown;

/** Why an object does not fit its type, as server-side apply tells it. */
export class TypedValueError extends Error {}

/** How two values at a place are treated: as one leaf, by items, or by fields. */
type Shape = "leaf" | "list" | "map";

function shapeOf(type: TypeNode, a: Value, b: Value): Shape {
  if (type.isAtomic === true) return "leaf";
  const sample = a ?? b;
  switch (type.form) {
    case "scalar":
      return "leaf";
    case "list":
      return type.listType === "set" || type.listType === "map"
        ? sizeOf(a) + sizeOf(b) === 0
          ? "leaf"
          : "list"
        : "leaf";
    case "struct":
    case "map":
      return sizeOf(a) + sizeOf(b) === 0 ? "leaf" : "map";
    case "any":
      return isObject(sample) && sizeOf(a) + sizeOf(b) > 0 ? "map" : "leaf";
  }
}

function sizeOf(value: Value): number {
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : 0;
}

/** The type of a field; of one that a struct does not name, anything. */
export function fieldType(type: TypeNode, name: string): TypeNode {
  if (type.form === "struct") return type.fields?.get(name)?.type ?? type.items ?? ANY;
  return type.form === "map" ? (type.items ?? ANY) : ANY;
}

function isNamed(type: TypeNode, name: string): boolean {
  return type.form === "struct" && type.fields?.has(name) === true;
}

/** How an item of a set or map list is told apart: `v:"a"`, `k:{"name":"c"}`. */
function elementOf(type: TypeNode, item: Value, index: number): string {
  if (type.listType === "set") return `v:${JSON.stringify(item)}`;
  if (!isObject(item))
    throw new TypedValueError(`element ${index}: associative list with keys may not have non-map elements`);
  const keys: Loose = {};
  for (const key of [...(type.listKeys ?? [])].sort()) {
    const known: FieldNode | undefined = type.items?.fields?.get(key);
    const value = item[key] ?? known?.default;
    if (value === undefined)
      throw new TypedValueError(
        `element ${index}: associative list with keys has an element that omits key field "${key}" (and doesn't have default value)`,
      );
    keys[key] = value;
  }
  return `k:${JSON.stringify(keys)}`;
}

function itemsByElement(type: TypeNode, list: Value): Map<string, Value> {
  const items = new Map<string, Value>();
  if (!Array.isArray(list)) return items;
  for (const [index, item] of list.entries()) {
    const element = elementOf(type, item, index);
    // A list that was stored with duplicates is looked at by its first one.
    if (!items.has(element)) items.set(element, item);
  }
  return items;
}

/** What `right` adds to, changes in and takes from `left`; undefined stands for what is not there. */
export function compare(left: Value, right: Value, type: TypeNode): Comparison {
  const node = compareAt(left, right, type);
  return {
    added: below(node.added),
    modified: below(node.modified),
    removed: below(node.removed),
  };
}

type Nodes = { added?: FieldSet | undefined; modified?: FieldSet | undefined; removed?: FieldSet | undefined };

const NOTHING: Nodes = {};

function compareAt(left: Value, right: Value, type: TypeNode): Nodes {
  if (left === right && left !== undefined) return NOTHING;
  const shape = shapeOf(type, left, right);
  if (shape === "leaf") {
    if (left === undefined) return { added: EMPTY };
    if (right === undefined) return { removed: EMPTY };
    return isSame(left, right) ? NOTHING : { modified: EMPTY };
  }
  const added: Record<string, FieldSet> = {};
  const modified: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  const visit = (element: string, a: Value, b: Value, inner: TypeNode): void => {
    const found = compareAt(a, b, inner);
    if (found.added !== undefined) added[element] = found.added;
    if (found.modified !== undefined) modified[element] = found.modified;
    if (found.removed !== undefined) removed[element] = found.removed;
  };
  if (shape === "list") {
    const before = itemsByElement(type, left);
    const after = itemsByElement(type, right);
    for (const [element, item] of after) visit(element, before.get(element), item, type.items ?? ANY);
    for (const [element, item] of before) if (!after.has(element)) visit(element, item, undefined, type.items ?? ANY);
  } else {
    const before = isObject(left) ? left : {};
    const after = isObject(right) ? right : {};
    for (const name of Object.keys(after)) visit(`f:${name}`, before[name], after[name], fieldType(type, name));
    for (const name of Object.keys(before))
      if (!Object.hasOwn(after, name)) visit(`f:${name}`, before[name], undefined, fieldType(type, name));
  }
  return {
    added: nodeOf(left === undefined, added),
    modified: nodeOf(false, modified),
    removed: nodeOf(right === undefined, removed),
  };
}

function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  );
}

/** The paths of everything an object holds: what its applier owns. */
export function fieldSetOf(value: Value, type: TypeNode): FieldSet {
  return below(setAt(value, type));
}

function setAt(value: Value, type: TypeNode): FieldSet | undefined {
  if (type.isAtomic === true || type.form === "scalar") return EMPTY;
  if (type.form === "list") {
    if (type.listType !== "set" && type.listType !== "map") return EMPTY;
    const items: Record<string, FieldSet> = {};
    for (const [element, item] of itemsByElement(type, value))
      items[element] = nodeOf(true, below(setAt(item, type.items ?? ANY))) ?? EMPTY;
    return nodeOf(false, items);
  }
  if (!isObject(value)) return type.form === "any" ? EMPTY : undefined;
  const fields: Record<string, FieldSet> = {};
  for (const [name, inner] of Object.entries(value)) {
    const node = setAt(inner, fieldType(type, name));
    const isOwn = inner === null || (isObject(inner) && isEmpty(inner as FieldSet)) || !isNamed(type, name);
    const kept = nodeOf(isOwn || isMember(node), below(node));
    if (kept !== undefined) fields[`f:${name}`] = kept;
  }
  return nodeOf(false, fields);
}

/** `right` laid over `left`: leaves of `right` win, shared lists are merged by their keys. */
export function merge(left: Value, right: Value, type: TypeNode): Value {
  if (right === undefined) return left;
  if (left === undefined && !isObject(right) && !Array.isArray(right)) return right;
  const shape = shapeOf(type, left, right);
  if (shape === "leaf") return right;
  if (shape === "list") return mergeList(left, right, type);
  const before = isObject(left) ? left : {};
  const after = isObject(right) ? right : {};
  const result: Loose = { ...before };
  for (const [name, value] of Object.entries(after)) result[name] = merge(before[name], value, fieldType(type, name));
  return result;
}

/** Shared items stand in the order of `right`; what only one side has keeps its place among its neighbours. */
function mergeList(left: Value, right: Value, type: TypeNode): Value[] {
  const before = itemsByElement(type, left);
  const after = itemsByElement(type, right);
  if (Array.isArray(right) && after.size !== right.length) throw new TypedValueError("duplicate entries for key");
  const result: Value[] = [];
  const own = [...before.keys()];
  let at = 0;
  const takeOwn = (): void => {
    for (; at < own.length; at++) {
      const element = own[at] ?? "";
      if (after.has(element)) return;
      result.push(before.get(element));
    }
  };
  for (const [element, item] of after) {
    takeOwn();
    result.push(merge(before.get(element), item, type.items ?? ANY));
    // A shared item that stands here is passed; one that was taken out of turn is passed when it comes.
    while (
      at < own.length &&
      after.has(own[at] ?? "") &&
      (own[at] === element || !isLater(after, own[at] ?? "", element))
    )
      at++;
  }
  takeOwn();
  for (; at < own.length; at++) if (!after.has(own[at] ?? "")) result.push(before.get(own[at] ?? ""));
  return result;
}

function isLater(order: ReadonlyMap<string, Value>, one: string, than: string): boolean {
  for (const element of order.keys()) {
    if (element === one) return false;
    if (element === than) return true;
  }
  return false;
}

/**
 * The value without the members of a set; what a removed node holds goes with it.
 * @param emptied what stands for a field that has nothing left: nothing, or null where it still counts as a field
 */
export function removeItems(value: Value, set: FieldSet, type: TypeNode, emptied: null | undefined = undefined): Value {
  if (isEmpty(set) || type.isAtomic === true) return value;
  if (Array.isArray(value)) {
    if (type.listType !== "set" && type.listType !== "map") return undefined;
    const kept: Value[] = [];
    for (const [index, item] of value.entries()) {
      const node = set[elementOf(type, item, index)];
      if (isMember(node)) continue;
      kept.push(node === undefined ? item : removeItems(item, node, type.items ?? ANY, emptied));
    }
    return kept.length === 0 ? undefined : kept;
  }
  if (!isObject(value)) return value;
  const result: Loose = {};
  for (const [name, inner] of Object.entries(value)) {
    const node = set[`f:${name}`];
    if (isMember(node)) continue;
    const kept = node === undefined ? inner : removeItems(inner, node, fieldType(type, name), emptied);
    if (kept !== undefined) result[name] = kept;
    else if (emptied === null) result[name] = null;
  }
  return Object.keys(result).length === 0 ? undefined : result;
}

/** Every named field on the way to a member becomes one itself, so that what is empty afterwards goes, too. */
export function withNamedFields(set: FieldSet, type: TypeNode): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const [element, node] of Object.entries(below(set))) {
    const name = element.slice(2);
    const isField = element.startsWith("f:");
    const inner = isField ? fieldType(type, name) : (type.items ?? ANY);
    const member = isMember(node) || (isField && isNamed(type, name));
    const kept = nodeOf(member, withNamedFields(below(node), inner));
    if (kept !== undefined) result[element] = kept;
  }
  return result;
}

/** @throws TypedValueError for a field that the type does not name, or a value of another form */
export function assertTyped(value: Value, type: TypeNode, path = ""): void {
  if (value === null || value === undefined) return;
  switch (type.form) {
    case "any":
      return;
    case "scalar":
      if (typeof value === "object")
        throw new TypedValueError(`${path}: expected ${wordOf(type)}, got ${formOf(value)}`);
      if (!fitsScalar(value, type))
        throw new TypedValueError(
          `${path}: expected ${wordOf(type)}, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`,
        );
      return;
    case "list":
      if (!Array.isArray(value)) throw new TypedValueError(`${path}: expected list, got ${formOf(value)}`);
      for (const [index, item] of value.entries())
        assertTyped(item, type.items ?? ANY, `${path}${listElementText(type, item, index)}`);
      return;
    case "map":
    case "struct":
      if (!isObject(value)) throw new TypedValueError(`${path}: expected map, got ${formOf(value)}`);
      for (const [name, inner] of Object.entries(value)) {
        if (type.form === "struct" && !isNamed(type, name) && type.items === undefined && type.keepsUnknown !== true)
          throw new TypedValueError(`${path}.${name}: field not declared in schema`);
        assertTyped(inner, fieldType(type, name), `${path}.${name}`);
      }
  }
}

function listElementText(type: TypeNode, item: Value, index: number): string {
  if (type.listType !== "map" || !isObject(item)) return `[${index}]`;
  return `[${(type.listKeys ?? []).map((key) => `${key}=${JSON.stringify(item[key] ?? type.items?.fields?.get(key)?.default)}`).join(",")}]`;
}

function wordOf({ scalar }: TypeNode): string {
  if (scalar === "bool") return "boolean";
  return scalar === "int32" || scalar === "int64" || scalar === "double" ? "numeric (int or float)" : "string";
}

function formOf(value: Value): string {
  return Array.isArray(value) ? "list" : isObject(value) ? "map" : typeof value;
}

function fitsScalar(value: Value, { scalar }: TypeNode): boolean {
  if (scalar === "bool") return typeof value === "boolean";
  if (scalar === "int32" || scalar === "int64" || scalar === "double") return typeof value === "number";
  if (scalar === "intOrString" || scalar === "quantity") return typeof value === "number" || typeof value === "string";
  return typeof value === "string";
}
