import { plainFailure } from "../validation/field-error.ts";
import { goText } from "./go-text.ts";
import { isMap, type Json } from "./merge.ts";

/** What tells items of a list apart: the value of their merge key, or the scalar itself where that is "". */
export type IdOf = (item: Json) => Json | undefined;

/** @throws KubeStatusError 500 when an item that must have the key has not */
export function idBy(mergeKey: string): IdOf {
  if (mergeKey === "") return (item) => item;
  return (item) => {
    if (!isMap(item)) throw plainFailure(`expected a map[string]interface {}, but received a ${goTypeOf(item)}`);
    const id = item[mergeKey];
    if (id === undefined) throw noMergeKey(item, mergeKey);
    return id;
  };
}

export function noMergeKey(item: Json, mergeKey: string): Error {
  return plainFailure(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
}

/**
 * The order of a merged list: items that the patch names stand as it names them, the others as they stood; of the two
 * the live list says which comes first, where it knows both, and the patch's do else.
 * @param wanted the patch's list, or its `$setElementOrder`
 * @throws KubeStatusError 500 when an item has no merge key
 */
export function inOrder(merged: readonly Json[], wanted: readonly Json[], live: readonly Json[], idOf: IdOf): Json[] {
  const placesIn = (list: readonly Json[]): Map<Json | undefined, number> =>
    // The first of two alike counts.
    new Map(list.map((item, at) => [idOf(item), at] as const).reverse());
  const [wantedAt, liveAt] = [placesIn(wanted), placesIn(live)];
  const named = sorted(
    merged.filter((item) => wantedAt.has(idOf(item))),
    wantedAt,
    idOf,
  );
  const others = sorted(
    merged.filter((item) => !wantedAt.has(idOf(item))),
    liveAt,
    idOf,
  );
  const result: Json[] = [];
  for (const item of named) {
    const at = liveAt.get(idOf(item));
    for (; at !== undefined && others.length > 0; others.shift()) {
      const other = liveAt.get(idOf(others[0] as Json));
      if (other === undefined || other >= at) break;
      result.push(others[0] as Json);
    }
    result.push(item);
  }
  return [...result, ...others];
}

/** Sorted by insertion, as Go sorts lists this short: an item without a place goes before all that were there. */
function sorted(items: readonly Json[], places: ReadonlyMap<Json | undefined, number>, idOf: IdOf): Json[] {
  const isBefore = (a: Json, b: Json): boolean => {
    const [at, other] = [places.get(idOf(a)), places.get(idOf(b))];
    return at === undefined || other === undefined || at < other;
  };
  const result: Json[] = [];
  for (const item of items) {
    let at = result.length;
    while (at > 0 && isBefore(item, result[at - 1] as Json)) at--;
    result.splice(at, 0, item);
  }
  return result;
}

/** As Go's `reflect` names what JSON holds. */
export function goTypeOf(value: Json | undefined): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isMap(value)) return "map[string]interface {}";
  if (value === null || value === undefined) return "%!s(<nil>)";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : "string";
}
