import { matches } from "./wildcard.ts";

type Test = (value: string, wanted: string) => boolean;

const equal: Test = (value, wanted) => value === wanted;
const equalInAnyCase: Test = (value, wanted) => value.toLowerCase() === wanted.toLowerCase();
const like: Test = (value, wanted) => matches(wanted, value);

const OPERATORS: ReadonlyMap<string, { readonly test: Test; readonly isNegated: boolean }> = new Map([
  ["StringEquals", { test: equal, isNegated: false }],
  ["StringNotEquals", { test: equal, isNegated: true }],
  ["StringEqualsIgnoreCase", { test: equalInAnyCase, isNegated: false }],
  ["StringNotEqualsIgnoreCase", { test: equalInAnyCase, isNegated: true }],
  ["StringLike", { test: like, isNegated: false }],
  ["StringNotLike", { test: like, isNegated: true }],
  ["ArnEquals", { test: like, isNegated: false }],
  ["ArnLike", { test: like, isNegated: false }],
  ["ArnNotEquals", { test: like, isNegated: true }],
  ["ArnNotLike", { test: like, isNegated: true }],
  ["Bool", { test: equalInAnyCase, isNegated: false }],
]);

export const CONDITION_OPERATORS: ReadonlySet<string> = new Set([...OPERATORS.keys(), "Null"]);

/** What a request says of itself, by condition key in lower case; a key may have several values. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

/** Whether a condition holds for a request (IAM's rules for missing keys, negation and several values). */
export function conditionHolds(
  operator: string,
  key: string,
  wanted: readonly string[],
  context: RequestContext,
): boolean {
  const values = context.get(key.toLowerCase());
  if (operator === "Null") return wanted.some((word) => (word === "true") === (values === undefined));
  const isOptional = operator.endsWith("IfExists");
  const rule = OPERATORS.get(operator.replace(/IfExists$/, ""));
  if (rule === undefined) return false;
  // A key that is not there makes a negated condition hold, and any other one fail.
  if (values === undefined) return isOptional || rule.isNegated;
  const isMet = values.some((value) => wanted.some((word) => rule.test(value, word)));
  return isMet !== rule.isNegated;
}
