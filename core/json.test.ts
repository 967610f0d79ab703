import * as fc from "fast-check";
import { assert, property } from "fast-check";
import { expect, test } from "vitest";
import { copyJson, sameJson, shareSame } from "./json.ts";

test("a copy is equal and shares nothing", () => {
  assert(
    property(fc.jsonValue(), (value) => {
      const copy = copyJson(value);
      expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
      if (typeof value === "object" && value !== null) expect(copy).not.toBe(value);
    }),
  );
});

test("the same is what has the same canonical text", () => {
  const canonical = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    );
  const leaf = fc.constantFrom(0, 1, "a", null, true);
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie("any"), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom("a", "b"), tie("any")),
    ),
  })).any;
  assert(property(value, value, (one, other) => sameJson(one, other) === (canonical(one) === canonical(other))));
});

test("neither the order of keys nor an undefined field makes a difference", () => {
  expect(sameJson({ a: 1, b: { c: [2] } }, { b: { c: [2], d: undefined }, a: 1 })).toBe(true);
  expect(sameJson({ a: undefined }, { b: 1 })).toBe(false);
});

test("a field named __proto__ is copied as a field", () => {
  const copy = copyJson(JSON.parse('{"__proto__":{"a":1}}'));
  expect(JSON.stringify(copy)).toBe('{"__proto__":{"a":1}}');
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

test("what says the same is shared, and nothing else is touched", () => {
  const known = { same: { a: [1, { b: 2 }] }, other: { a: 1 }, text: "x", gone: {} };
  const target: Record<string, unknown> = { same: { a: [1, { b: 2 }] }, other: { a: 2 }, text: "x", own: {} };
  const { other, own } = target;
  shareSame(target, known);
  expect(target["same"]).toBe(known.same);
  expect(target["other"]).toBe(other);
  expect(target["own"]).toBe(own);
  expect(target).toEqual({ same: known.same, other: { a: 2 }, text: "x", own: {} });
});
