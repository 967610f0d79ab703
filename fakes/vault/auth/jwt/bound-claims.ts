import {
  goString,
  isObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  VerbatimNumber,
} from "../../../../core/go/json.ts";
import { globMatches } from "../../policy/acl.ts";

/** A claim by name, or by JSON pointer where it begins with a slash. */
export function claimAt(claims: JsonObject, name: string): JsonValue | undefined {
  if (!name.startsWith("/")) return claims[name] ?? undefined;
  let value: JsonValue | undefined = claims;
  for (const raw of name.slice(1).split("/")) {
    const key = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isObject(value)) value = value[key];
    else return undefined;
  }
  return value ?? undefined;
}

/** One value as a list of one; undefined for what cannot be compared. */
export function claimValues(value: JsonValue): JsonValue[] | undefined {
  if (Array.isArray(value)) return value;
  return typeof value === "string" || typeof value === "boolean" || numberOf(value) !== undefined ? [value] : undefined;
}

/** Checks `bound_claims`. Throws with the method's words. */
export function checkBoundClaims(bound: JsonObject, claims: JsonObject, useGlobs: boolean): void {
  for (const [name, wanted] of Object.entries(bound)) {
    const actual = claimAt(claims, name);
    if (actual === undefined) throw new Error(`claim ${goString(name)} is missing`);
    const given = claimValues(actual);
    if (given === undefined) throw new Error(`received claim is not a string, bool, int or list: ${printed(actual)}`);
    const allowed = claimValues(wanted);
    if (allowed === undefined) throw new Error(`bound claim is not a string, bool, int or list: ${printed(wanted)}`);
    if (!allowed.some((value) => given.some((other) => isSame(value, other, useGlobs))))
      throw new Error(`claim ${goString(name)} does not match any associated bound claim values`);
  }
}

function isSame(wanted: JsonValue, given: JsonValue, useGlobs: boolean): boolean {
  if (typeof wanted === "string" && typeof given === "string")
    return useGlobs ? globMatches(wanted, given) : wanted === given;
  if (wanted instanceof VerbatimNumber || given instanceof VerbatimNumber) return numberOf(wanted) === numberOf(given);
  return wanted === given;
}

function printed(value: JsonValue): string {
  return isObject(value) ? "map[]" : String(value);
}
