import { setField } from "../../../../core/json.ts";
import { KubeStatusError } from "../../../../kube/client.ts";
import { ANY, type TypeNode } from "../schema/type-node.ts";
import { badRequest, failure, plainFailure } from "../validation/field-error.ts";
import { goTypeOf, idBy, inOrder, noMergeKey } from "./element-order.ts";
import { goText } from "./go-text.ts";
import { isMap, type Json, ownField } from "./merge.ts";

type JsonMap = { [key: string]: Json };

const DIRECTIVE = "$patch";
const RETAIN = "$retainKeys";
const DELETE_PRIMITIVE = "$deleteFromPrimitiveList";
const ORDER = "$setElementOrder";

/**
 * Strategic merge patch (k8s.io/apimachinery, strategicpatch, as a server applies it). Lists with a merge key are merged
 * item by item, sets gain members, other lists are replaced; the `$` directives are obeyed. What a directive stands in
 * is taken as it is where there is nothing to merge it with, as a real server does it: it may leave a directive behind.
 *
 * Nothing is changed in place.
 * @throws KubeStatusError 400 or 422 for a patch in no good form; 500 without a reason, as a real server has it, for
 *   directives and items that it cannot make sense of
 */
export function strategicMerge(target: Json | undefined, patch: Json, type: TypeNode): Json {
  return isMap(patch) ? mergeMap(isMap(target) ? target : {}, patch, type) : patch;
}

function mergeMap(original: JsonMap, patch: JsonMap, type: TypeNode): JsonMap {
  if (Object.hasOwn(patch, DIRECTIVE)) return obey(patch);
  const result = retained(original, patch);
  const left = new Map(Object.entries(patch));
  left.delete(RETAIN);
  for (const [key, order] of left)
    if (key.startsWith(ORDER)) {
      left.delete(key);
      const field = fieldNamed(key, ORDER, "setElementOrder list");
      const list = mergeInOrder(ownField(result, field), left.get(field), order, fieldOf(type, field));
      if (list === undefined) continue;
      left.delete(field);
      setField(result, field, list);
    }
  // A real server takes these in no order. Here what is deleted goes first, so that the same patch may add it again.
  for (const [key, value] of left)
    if (key.startsWith(DELETE_PRIMITIVE)) {
      left.delete(key);
      deleteItems(result, fieldNamed(key, DELETE_PRIMITIVE, "primitive list"), value);
    }
  for (const [key, value] of left) mergeField(result, key, value, fieldOf(type, key));
  return result;
}

function mergeField(result: JsonMap, key: string, value: Json, type: TypeNode): void {
  const current = ownField(result, key);
  if (isMap(current) && isMap(value)) setField(result, key, mergeMap(current, value, type));
  else if (Array.isArray(current) && Array.isArray(value))
    setField(
      result,
      key,
      type.mergeKey === undefined ? value : mergeList(current, value, type.mergeKey, type.items ?? ANY, key),
    );
  else {
    // Of what is not there yet, and of what becomes another kind of thing, nulls and directives are left out.
    const taken = value === null ? undefined : withoutDirectives(withoutNulls(value));
    if (taken === undefined) delete result[key];
    else setField(result, key, taken);
  }
}

function obey(patch: JsonMap): JsonMap {
  const { [DIRECTIVE]: directive, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  throw unknownDirective(directive, patch);
}

function unknownDirective(directive: Json | undefined, patch: JsonMap): KubeStatusError {
  return plainFailure(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
}

/** The map with only the fields that `$retainKeys` names, which must name all that the patch sets. */
function retained(original: JsonMap, patch: JsonMap): JsonMap {
  const keys = patch[RETAIN];
  if (keys === undefined) return { ...original };
  const isNamed = (key: string): boolean => Array.isArray(keys) && keys.includes(key);
  const isSet = ([key, value]: [string, Json]): boolean =>
    value !== null && key !== RETAIN && !key.startsWith(DELETE_PRIMITIVE) && !key.startsWith(ORDER);
  if (!Array.isArray(keys) || Object.entries(patch).some((entry) => isSet(entry) && !isNamed(entry[0])))
    throw badRequest("invalid patch format of retainKeys");
  return Object.fromEntries(Object.entries(original).filter(([key]) => isNamed(key)));
}

/** `$setElementOrder/ports` → `ports` */
function fieldNamed(key: string, prefix: string, what: string): string {
  if (!key.startsWith(`${prefix}/`)) throw badRequest(`invalid patch format of ${what}`);
  return key.slice(prefix.length + 1);
}

function deleteItems(result: JsonMap, field: string, gone: Json): void {
  const current = ownField(result, field);
  if (gone === null) delete result[field];
  else if (Array.isArray(current) && Array.isArray(gone))
    setField(
      result,
      field,
      current.filter((item) => !gone.includes(item)),
    );
}

function fieldOf(type: TypeNode, name: string): TypeNode {
  return (type.form === "struct" ? type.fields?.get(name)?.type : type.items) ?? ANY;
}

/** A list that comes with its order; undefined where there is none on either side. */
function mergeInOrder(
  current: Json | undefined,
  patch: Json | undefined,
  order: Json,
  { items = ANY, mergeKey }: TypeNode,
): Json[] | undefined {
  for (const one of [order, current, patch])
    if (one !== undefined && !Array.isArray(one))
      throw plainFailure(`expected a []interface {}, but received a ${goTypeOf(one)}`);
  const [wanted, live, list] = [order as Json[], current as Json[] | undefined, patch as Json[] | undefined];
  const key = mergeKey ?? "";
  assertNamed(list ?? [], wanted, key);
  if (live === undefined && list === undefined) return undefined;
  const merged =
    list === undefined
      ? (live as Json[])
      : live === undefined
        ? (withoutDirectives(list) as Json[])
        : mergeKey === undefined
          ? list
          : mergeList(live, list, mergeKey, items, "");
  const kind = kindOfItems(live ?? [], list ?? []);
  if (kind === undefined) throw plainFailure("no elements in any of the given slices");
  const nameless = kind === "map" && key === "" ? [...merged, ...wanted, ...(live ?? [])].find(isMap) : undefined;
  if (nameless !== undefined) throw noMergeKey(nameless, key);
  return inOrder(merged, wanted, live ?? [], idBy(key));
}

/** The order must name what the patch has, in the patch's own order. */
function assertNamed(list: readonly Json[], order: readonly Json[], mergeKey: string): void {
  if (list.length === 0 || order.length === 0) return;
  const idOf = idBy(mergeKey);
  const kept = list.filter((item) => !(isMap(item) && Object.hasOwn(item, DIRECTIVE)));
  let at = 0;
  for (const item of kept) {
    while (at < order.length && idOf(order[at] as Json) !== idOf(item)) at++;
    if (at++ >= order.length)
      throw plainFailure(
        `The order in patch list:\n${goText([...list])}\n doesn't match ${ORDER} list:\n${goText([...order])}\n`,
      );
  }
}

function mergeList(
  live: readonly Json[],
  patch: readonly Json[],
  mergeKey: string,
  type: TypeNode,
  name: string,
): Json[] {
  const kind = kindOfItems(live, patch);
  if (kind === undefined) return [...live];
  if (kind !== "map") return inOrder([...new Set([...live, ...patch])], patch, live, (item) => item);
  if (mergeKey === "") throw plainFailure(`cannot merge lists without merge key for ${name}`);
  const special = patch.filter((item) => isMap(item) && Object.hasOwn(item, DIRECTIVE)) as JsonMap[];
  const plain = patch.filter((item) => !special.includes(item as JsonMap)) as JsonMap[];
  let base = [...live] as JsonMap[];
  let isReplaced = false;
  for (const item of special) {
    const directive = item[DIRECTIVE];
    if (directive === "replace") isReplaced = true;
    else if (directive === "merge") throw plainFailure("merging lists cannot yet be specified in the patch");
    else if (directive !== "delete") throw unknownDirective(directive, item);
    else if (item[mergeKey] === undefined) throw noMergeKey(item, mergeKey);
    else base = base.filter((one) => one[mergeKey] !== item[mergeKey]);
  }
  if (isReplaced) return inOrder(plain, [], plain, idBy(mergeKey));
  const merged = [...base];
  for (const item of plain) {
    if (item[mergeKey] === undefined) throw noMergeKey(item, mergeKey);
    const at = merged.findIndex((one) => one[mergeKey] === item[mergeKey]);
    if (at < 0) merged.push(item);
    else merged[at] = mergeMap(merged[at] as JsonMap, item, type);
  }
  return inOrder(merged, plain, base, idBy(mergeKey));
}

/** What all items of the lists are; undefined where there are none. */
function kindOfItems(...lists: readonly (readonly Json[])[]): "map" | "scalar" | undefined {
  const [first, ...others] = lists.flat();
  if (first === undefined) return undefined;
  if (Array.isArray(first))
    throw new KubeStatusError({
      ...failure(422, "Invalid", "the server rejected our request due to an error in our request"),
      details: {},
    });
  const typeOf = (item: Json): string => (isMap(item) ? "map" : item === null ? "null" : typeof item);
  if (others.some((item) => Array.isArray(item) || typeOf(item) !== typeOf(first)))
    throw plainFailure(`list element types are not identical: ${goText(lists.map((list) => [...list]))}`);
  return isMap(first) ? "map" : "scalar";
}

/** Without the fields of maps that are null, at any depth. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}

/** Without maps that hold a directive, at any depth; undefined when the value is such a one itself. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isMap(value)) return value;
  if (Object.hasOwn(value, DIRECTIVE)) return undefined;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutDirectives(inner)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
