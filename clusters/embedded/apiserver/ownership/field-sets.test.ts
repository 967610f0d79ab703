import { expect, test } from "vitest";
import { FieldSets } from "./field-sets.ts";

test("equal sets are one, and stay what they are", () => {
  const sets = new FieldSets();
  const first = { "f:spec": { "f:a": {} } };
  expect(sets.shared(first)).toBe(first);
  expect(sets.shared({ "f:spec": { "f:a": {} } })).toBe(first);
  expect(sets.shared({ "f:spec": { "f:b": {} } })).toEqual({ "f:spec": { "f:b": {} } });
  expect(sets.shared(first)).toBe(first);
});

test("many different sets are not all remembered", () => {
  const sets = new FieldSets();
  const first = sets.shared({ "f:0": {} });
  for (let index = 1; index < 3000; index++) sets.shared({ [`f:${index}`]: {} });
  const again = sets.shared({ "f:0": {} });
  expect(again).toEqual(first);
  expect(again).not.toBe(first);
});
