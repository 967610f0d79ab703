import { expect, test } from "vitest";
import { meetsRequirement, selects } from "./label-selector.ts";

test.each([
  ["In", ["a", "b"], "a", true],
  ["In", ["a"], undefined, false],
  ["NotIn", ["a"], "b", true],
  ["NotIn", ["a"], undefined, true],
  ["NotIn", ["a"], "a", false],
  ["Exists", [], "", true],
  ["Exists", [], undefined, false],
  ["DoesNotExist", [], undefined, true],
  ["DoesNotExist", [], "a", false],
  ["Gt", ["4"], "5", true],
  ["Gt", ["4"], undefined, false],
  ["Lt", ["4"], "5", false],
  ["Like", ["4"], "4", false],
] as const)("%s %j of %j is %j", (operator, values, value, holds) => {
  expect(meetsRequirement({ operator, values: [...values] }, value)).toBe(holds);
});

test("a selector selects by all of its lines, and an empty one everything", () => {
  const selector = {
    matchLabels: { app: "web" },
    matchExpressions: [{ key: "tier", operator: "NotIn", values: ["old"] }],
  };
  expect(selects(selector, { app: "web", tier: "new" })).toBe(true);
  expect(selects(selector, { app: "web", tier: "old" })).toBe(false);
  expect(selects(selector, { app: "other" })).toBe(false);
  expect(selects({}, { app: "web" })).toBe(true);
});
