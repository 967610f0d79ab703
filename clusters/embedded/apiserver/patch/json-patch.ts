import { copyJson } from "../../../../core/json.ts";
import { KubeStatusError } from "../../../../kube/client.ts";
import { badRequest, failure } from "../validation/field-error.ts";
import { isMap, type Json } from "./merge.ts";

type Operation = { readonly op: string; readonly path: string; readonly from?: string; readonly value?: Json };

/** A real server takes no more operations than this in one patch. */
const MAX_OPERATIONS = 10_000;
/** What all copies of one patch may add: each could double the object (k8s.io/apiserver, JSONPatchMaxCopyBytes). */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/**
 * JSON patch (RFC 6902). Nothing is changed in place.
 * @throws KubeStatusError 400 for what is no patch, 422 for one that does not apply
 */
export function jsonPatch(target: Json, patch: Json): Json {
  if (!Array.isArray(patch))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${tokenOf(patch)} into Go value of type []handlers.jsonPatchOp`,
    );
  if (patch.length > MAX_OPERATIONS) throw tooMany(patch.length);
  let document = copyJson(target);
  let copied = 0;
  for (const entry of patch) {
    const operation = readOperation(entry);
    if (operation.op === "copy") {
      copied += sizeOf(valueAt(placeOf(document, operation.from ?? "", operation.op), operation.path));
      if (copied > MAX_COPIED_BYTES)
        throw unprocessable(`the copies of the patch add ${copied} bytes, ${MAX_COPIED_BYTES} are allowed`);
    }
    document = apply(document, operation);
  }
  return document;
}

/** The objects and lists that the operations pass, as a tree: `/a/b` and `/a/c` pass `a`. */
export function placesOf(patch: Json): unknown {
  const root = Object.create(null) as Record<string, unknown>;
  for (const { path, from } of Array.isArray(patch) ? (patch as Partial<Operation>[]) : [])
    for (const pointer of [path, from])
      keysOf(pointer ?? "")
        .slice(0, -1)
        .reduce((tree, key) => {
          tree[key] ??= Object.create(null);
          return tree[key] as Record<string, unknown>;
        }, root);
  return root;
}

function tokenOf(value: Json): string {
  return isMap(value) ? "object" : typeof value === "boolean" ? "bool" : typeof value;
}

/** Bytes of a value as JSON; counted before it is copied. */
function sizeOf(value: Json): number {
  return value === null ? 0 : JSON.stringify(value).length;
}

function readOperation(entry: Json): Operation {
  if (!isMap(entry) || typeof entry["op"] !== "string" || typeof entry["path"] !== "string")
    throw badRequest("invalid JSON patch: every operation needs op and path");
  return entry as Operation;
}

/**
 * As a real server's library has it (evanphx/json-patch v4), which is wider than the RFC: what is not in an object is
 * nothing, and may be replaced, copied or tested; an index may count from the end.
 */
function apply(document: Json, operation: Operation): Json {
  const { op, path } = operation;
  switch (op) {
    case "add":
      add(placeOf(document, path, op), newValueOf(operation), path);
      return document;
    case "replace":
      if (path === "") return newValueOf(operation);
      replace(placeOf(document, path, op), newValueOf(operation), path);
      return document;
    case "remove":
      remove(placeOf(document, path, op), path);
      return document;
    case "move": {
      const from = placeOf(document, operation.from ?? "", op);
      const value = valueAt(from, path);
      remove(from, path);
      add(placeOf(document, path, op), value, path);
      return document;
    }
    case "copy": {
      const value = valueAt(placeOf(document, operation.from ?? "", op), path);
      add(placeOf(document, path, op), copyJson(value), path);
      return document;
    }
    case "test": {
      const found = path === "" ? document : valueAt(placeOf(document, path, op), path);
      if (!isEqual(found, operation.value ?? null)) throw unprocessable(`testing value ${path} failed: test failed`);
      return document;
    }
    default:
      throw unprocessable(`Unexpected kind: ${op}`);
  }
}

function newValueOf(operation: Operation): Json {
  return operation.value === undefined ? null : copyJson(operation.value);
}

/** An object or a list, and the key in it that a path ends with. */
type Place = { readonly parent: JsonMap | Json[]; readonly key: string };
type JsonMap = { [key: string]: Json };

/** `/a~1b/0` → `a/b` and `0`. What stands before the first slash counts for nothing. */
function keysOf(path: string): string[] {
  const [, ...parts] = path.split("/");
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The object or list that a path ends in, and its key there. */
function placeOf(document: Json, path: string, op: string): Place {
  const keys = keysOf(path);
  const key = keys.pop();
  const parent = keys.reduce<Json | undefined>(child, document);
  if (key === undefined || parent === undefined || parent === null || typeof parent !== "object")
    throw unprocessable(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
  return { parent: parent as JsonMap | Json[], key };
}

function child(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return value[indexOf(key, value.length) ?? -1];
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Of the items there are, or with one more of the gaps between them; undefined for what is none. */
function indexOf(key: string, count: number): number | undefined {
  if (!/^[+-]?\d+$/.test(key)) return undefined;
  const index = Number(key) < 0 ? Number(key) + count : Number(key);
  return index >= 0 && index < count ? index : undefined;
}

function indexIn({ parent, key }: Place & { readonly parent: Json[] }, path: string, more = 0): number {
  const index = indexOf(key, parent.length + more);
  if (index === undefined)
    throw unprocessable(`error for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`);
  return index;
}

function isInList(place: Place): place is Place & { readonly parent: Json[] } {
  return Array.isArray(place.parent);
}

function valueAt(place: Place, path: string): Json {
  if (isInList(place)) return place.parent[indexIn(place, path)] ?? null;
  return child(place.parent, place.key) ?? null;
}

function add(place: Place, value: Json, path: string): void {
  if (!isInList(place)) setKey(place, value);
  else place.parent.splice(place.key === "-" ? place.parent.length : indexIn(place, path, 1), 0, value);
}

function replace(place: Place, value: Json, path: string): void {
  if (isInList(place)) place.parent[indexIn(place, path)] = value;
  else setKey(place, value);
}

function setKey({ parent, key }: Place, value: Json): void {
  // An own field, whatever its name: `__proto__` is one like any other.
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function remove(place: Place, path: string): void {
  if (isInList(place)) {
    place.parent.splice(indexIn(place, path), 1);
    return;
  }
  const { key, parent } = place as Place & { readonly parent: JsonMap };
  if (!Object.hasOwn(parent, key))
    throw unprocessable(`error in remove for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`);
  delete parent[key];
}

export function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]));
}

/** A real server does not say what of a patch fails: `_why` is for the reader of this file. */
function unprocessable(_why: string): KubeStatusError {
  return new KubeStatusError({
    ...failure(422, "Invalid", `the server rejected our request due to an error in our request`),
    details: {},
  });
}

function tooMany(count: number): KubeStatusError {
  return new KubeStatusError(
    failure(
      413,
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${count}`,
    ),
  );
}
