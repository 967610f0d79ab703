import { ANY, type TypeNode } from "../schema/type-node.ts";
import { badRequest } from "../validation/field-error.ts";
import { isMap, type Json } from "./merge.ts";

type JsonMap = { [key: string]: Json };

const DIRECTIVE = "$patch";
const RETAIN = "$retainKeys";
const DELETE_PRIMITIVE = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

/**
 * Strategic merge patch (k8s.io/apimachinery, strategicpatch). Lists with a merge key are merged item by item,
 * sets gain members, other lists are replaced; the `$` directives are obeyed and never stored.
 */
export function strategicMerge(target: Json | undefined, patch: Json, type: TypeNode): Json {
  if (!isMap(patch)) return patch;
  const directive = patch[DIRECTIVE];
  if (directive === "replace") return without(patch, DIRECTIVE);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge")
    throw badRequest(`Unknown patch type found: ${String(directive)}`);
  let result: JsonMap = isMap(target) ? { ...target } : {};
  const retained = patch[RETAIN];
  if (Array.isArray(retained))
    result = Object.fromEntries(Object.entries(result).filter(([key]) => retained.includes(key)));
  // What is deleted goes first, so that the same patch may add it again.
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(DELETE_PRIMITIVE)) continue;
    const field = key.slice(DELETE_PRIMITIVE.length);
    const current = result[field];
    if (Array.isArray(current) && Array.isArray(value)) result[field] = current.filter((item) => !value.includes(item));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key === DIRECTIVE || key === RETAIN || key.startsWith(ORDER) || key.startsWith(DELETE_PRIMITIVE)) continue;
    if (value === null) delete result[key];
    else if (Array.isArray(value))
      result[key] = mergeList(result[key], value, fieldOf(type, key), key, patch[`${ORDER}${key}`]);
    else result[key] = strategicMerge(result[key], value, fieldOf(type, key));
  }
  // An order alone reorders.
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(ORDER)) continue;
    const field = key.slice(ORDER.length);
    const list = result[field];
    if (Array.isArray(list) && Array.isArray(order) && patch[field] === undefined)
      result[field] = reorder(list, order, fieldOf(type, field).mergeKey);
  }
  return result;
}

function fieldOf(type: TypeNode, name: string): TypeNode {
  return (type.form === "struct" ? type.fields?.get(name)?.type : type.items) ?? ANY;
}

/** @param type its merge key tells the items apart; without one the list is replaced whole, "" marks a set */
function mergeList(
  current: Json | undefined,
  patch: Json[],
  type: TypeNode,
  name: string,
  order: Json | undefined,
): Json {
  const key = type.mergeKey;
  const items = type.items ?? ANY;
  const list = Array.isArray(current) ? current : [];
  if (key === undefined) return patch.filter((item) => !isDirective(item));
  if (key === "") return reorder([...list, ...patch.filter((item) => !list.includes(item))], order, key);
  if (patch.some((item) => isMap(item) && item[DIRECTIVE] === "replace" && item[key] === undefined))
    return patch.filter((item) => !isDirective(item));
  let result = [...list];
  for (const item of patch) {
    if (!isMap(item)) throw badRequest(`list "${name}" holds something that is no object`);
    const id = item[key];
    if (id === undefined) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const at = result.findIndex((other) => isMap(other) && other[key] === id);
    if (item[DIRECTIVE] === "delete") result = result.filter((_, index) => index !== at);
    else if (at < 0) result.push(strategicMerge(undefined, without(item, DIRECTIVE), items));
    else result[at] = strategicMerge(result[at], item, items);
  }
  return reorder(result, order, key);
}

/** Items named by the order stand in that order; the others keep their place behind the one they followed. */
function reorder(list: Json[], order: Json | undefined, key: string | undefined): Json[] {
  if (!Array.isArray(order) || key === undefined) return list;
  const idOf = (item: Json): Json | undefined => (key === "" ? item : isMap(item) ? item[key] : undefined);
  const rank = new Map(order.map((item, index) => [idOf(item), index]));
  let last = -1;
  const ranked = list.map((item, index) => {
    const own = rank.get(idOf(item));
    last = own ?? last;
    return { item, rank: own ?? last + 0.5, index };
  });
  return ranked.sort((a, b) => a.rank - b.rank || a.index - b.index).map(({ item }) => item);
}

function isDirective(item: Json): boolean {
  return isMap(item) && item[DIRECTIVE] !== undefined && Object.keys(item).length <= 2;
}

function without(map: JsonMap, key: string): JsonMap {
  const { [key]: _dropped, ...rest } = map;
  return rest;
}
