import { KubeStatusError } from "../../../../kube/client.ts";
import { copyJson } from "../json.ts";
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
  if (!Array.isArray(patch)) throw badRequest("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  if (patch.length > MAX_OPERATIONS) throw tooMany(patch.length);
  let document = copyJson(target);
  let copied = 0;
  for (const entry of patch) {
    const operation = readOperation(entry);
    if (operation.op === "copy") {
      copied += sizeOf(lookup(document, operation.from ?? ""));
      if (copied > MAX_COPIED_BYTES)
        throw unprocessable(`the copies of the patch add ${copied} bytes, ${MAX_COPIED_BYTES} are allowed`);
    }
    document = apply(document, operation);
  }
  return document;
}

/** Bytes of a value as JSON; counted before it is copied. */
function sizeOf(value: Json | undefined): number {
  return value === undefined ? 0 : JSON.stringify(value).length;
}

function readOperation(entry: Json): Operation {
  if (!isMap(entry) || typeof entry["op"] !== "string" || typeof entry["path"] !== "string")
    throw badRequest("invalid JSON patch: every operation needs op and path");
  return entry as Operation;
}

function apply(document: Json, operation: Operation): Json {
  const { op, path } = operation;
  switch (op) {
    case "add":
      return add(document, path, requireValue(operation), op);
    case "replace":
      if (lookup(document, path) === undefined)
        throw unprocessable(`replace operation does not apply: doc is missing key: ${path}: missing value`);
      return add(remove(document, path, op, true), path, requireValue(operation), op, true);
    case "remove":
      return remove(document, path, op);
    case "move": {
      const value = lookup(document, operation.from ?? "");
      if (value === undefined) throw unprocessable(`Unable to ${op} key: ${operation.from}: missing value`);
      return add(remove(document, operation.from ?? "", op), path, value, op);
    }
    case "copy": {
      const value = lookup(document, operation.from ?? "");
      if (value === undefined) throw unprocessable(`Unable to ${op} key: ${operation.from}: missing value`);
      return add(document, path, copyJson(value), op);
    }
    case "test":
      if (!isEqual(lookup(document, path) ?? null, operation.value ?? null))
        throw unprocessable(`testing value ${path} failed: test failed`);
      return document;
    default:
      throw unprocessable(`Unexpected kind: ${op}`);
  }
}

function requireValue(operation: Operation): Json {
  return operation.value === undefined ? null : copyJson(operation.value);
}

/** `/a~1b/0` → ["a/b", "0"] */
function parts(path: string): string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) throw unprocessable(`invalid path: ${path}`);
  return path
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function child(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return /^\d+$/.test(key) ? value[Number(key)] : undefined;
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function lookup(document: Json, path: string): Json | undefined {
  return parts(path).reduce<Json | undefined>(child, document);
}

function parentOf(document: Json, path: string, op: string): { readonly parent: Json; readonly key: string } {
  const keys = parts(path);
  const key = keys.pop();
  const parent = keys.reduce<Json | undefined>(child, document);
  if (key === undefined || parent === undefined || parent === null || typeof parent !== "object")
    throw unprocessable(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
  return { parent, key };
}

function add(document: Json, path: string, value: Json, op: string, isReplacement = false): Json {
  if (path === "") return value;
  const { parent, key } = parentOf(document, path, op);
  if (!Array.isArray(parent)) {
    (parent as { [key: string]: Json })[key] = value;
    return document;
  }
  const index = key === "-" ? parent.length : Number(key);
  if (!Number.isInteger(index) || index < 0 || index > parent.length)
    throw unprocessable(
      `${op} operation does not apply: doc is missing key: ${path}: Unable to access invalid index: ${key}: invalid index referenced`,
    );
  if (isReplacement) parent[index] = value;
  else parent.splice(index, 0, value);
  return document;
}

function remove(document: Json, path: string, op: string, keepSlot = false): Json {
  const { parent, key } = parentOf(document, path, op);
  if (child(parent, key) === undefined)
    throw unprocessable(`${op} operation does not apply: doc is missing key: ${path}: missing value`);
  if (!Array.isArray(parent)) delete (parent as { [key: string]: Json })[key];
  else if (!keepSlot) parent.splice(Number(key), 1);
  return document;
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
