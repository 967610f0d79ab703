import { goTokenOf } from "../../../../core/go/index.ts";
import { copyJson, setField } from "../../../../core/json.ts";
import { KubeStatusError } from "../../../../kube/client.ts";
import { badRequest, failure } from "../validation/field-error.ts";
import { isMap, type Json, ownField } from "./merge.ts";

type Operation = { readonly op: string; readonly path: string; readonly from?: string; readonly value?: Json };

/** A real server takes no more operations than this in one patch. */
const MAX_OPERATIONS = 10_000;
/** What all copies of one patch may add: each could double the object (k8s.io/apiserver, JSONPatchMaxCopyBytes). */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/** What else a real server knows of an operation; it reads them as texts, whether the operation uses them or not. */
const TEXTS = ["op", "path", "from"];

/**
 * Reads a JSON patch as a real server does first, where the client did not ask it to let faults be
 * (k8s.io/apiserver, jsonPatchOp).
 * @param duplicates paths of the fields that the text names twice: `[0].value`
 * @returns notes for the client about fields that no operation has
 * @throws KubeStatusError 400
 */
export function operationNotes(patch: Json, duplicates: readonly string[]): string[] {
  const refused = (found: Json, into: string): KubeStatusError =>
    badRequest(`error decoding patch: json: cannot unmarshal ${goTokenOf(found)} into Go ${into}`);
  if (patch === null) return [];
  if (!Array.isArray(patch)) throw refused(patch, "value of type []handlers.jsonPatchOp");
  const notes: string[] = [];
  for (const [at, entry] of patch.entries()) {
    if (entry === null) continue;
    if (!isMap(entry)) throw refused(entry, "value of type handlers.jsonPatchOp");
    for (const [name, value] of Object.entries(entry))
      if (TEXTS.includes(name)) {
        if (value !== null && typeof value !== "string")
          throw refused(value, `struct field jsonPatchOp.${name} of type string`);
      } else if (name !== "value") notes.push(`unknown field "[${at}].${name}"`);
  }
  return [...notes, ...duplicates.map((path) => `duplicate field "${path}"`)].map((note) => `json patch ${note}`);
}

/**
 * JSON patch (RFC 6902). Nothing is changed in place.
 * @throws KubeStatusError 400 for what is no patch, 422 for one that does not apply
 */
export function jsonPatch(target: Json, patch: Json): Json {
  let document = copyJson(target);
  let copied = 0;
  for (const operation of operationsOf(patch)) {
    if (operation.op === "copy") {
      copied += sizeOf(valueAt(placeOf(document, operation.from ?? "", operation.op), operation.path));
      if (copied > MAX_COPIED_BYTES)
        throw unprocessable(`the copies of the patch add ${copied} bytes, ${MAX_COPIED_BYTES} are allowed`);
    }
    document = apply(document, operation);
  }
  return document;
}

/** Each is looked at when its turn has come: one in no good form counts as one that does not apply. */
function* operationsOf(patch: Json): Generator<Operation> {
  const refused = (found: Json, type: string): KubeStatusError =>
    badRequest(`json: cannot unmarshal ${goTokenOf(found)} into Go value of type jsonpatch.${type}`);
  if (patch === null) return;
  if (!Array.isArray(patch)) throw refused(patch, "Patch");
  const odd = patch.find((entry) => entry !== null && !isMap(entry));
  if (odd !== undefined) throw refused(odd, "Operation");
  if (patch.length > MAX_OPERATIONS) throw tooMany(patch.length);
  for (const entry of patch as (JsonMap | null)[]) {
    const { op, path, from, value } = entry ?? {};
    if (typeof op !== "string" || typeof path !== "string") throw unprocessable("op and path must be texts");
    if (!["copy", "move"].includes(op)) yield { op, path, ...(value !== undefined && { value }) };
    else if (typeof from === "string") yield { op, path, from };
    else throw unprocessable(`${op} needs from, a text`);
  }
}

/** The objects and lists that the operations pass, as a tree: `/a/b` and `/a/c` pass `a`. */
export function placesOf(patch: Json): unknown {
  const root = Object.create(null) as Record<string, unknown>;
  for (const operation of Array.isArray(patch) ? patch : [])
    for (const pointer of isMap(operation) ? [operation["path"], operation["from"]] : [])
      keysOf(typeof pointer === "string" ? pointer : "")
        .slice(0, -1)
        .reduce((tree, key) => {
          tree[key] ??= Object.create(null);
          return tree[key] as Record<string, unknown>;
        }, root);
  return root;
}

/** Bytes of a value as JSON; counted before it is copied. */
function sizeOf(value: Json): number {
  return value === null ? 0 : JSON.stringify(value).length;
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
      // The library means to refuse what is neither object nor list here, and lets the document be.
      if (path === "") return typeof (operation.value ?? undefined) === "object" ? newValueOf(operation) : document;
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
  return isMap(value) ? ownField(value, key) : undefined;
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
  if (!isInList(place)) setField(place.parent as JsonMap, place.key, value);
  else place.parent.splice(place.key === "-" ? place.parent.length : indexIn(place, path, 1), 0, value);
}

function replace(place: Place, value: Json, path: string): void {
  if (isInList(place)) place.parent[indexIn(place, path)] = value;
  else setField(place.parent as JsonMap, place.key, value);
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
