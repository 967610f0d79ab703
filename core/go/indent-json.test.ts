import { expect, test } from "vitest";
import { indentJson } from "./indent-json.ts";

test("lays JSON out with two spaces and keeps what stands in it", () => {
  expect(indentJson('{"b":[1,2.0],"a":{"x":"{\\"y\\": [1,2]}"}}')).toBe(
    '{\n  "b": [\n    1,\n    2.0\n  ],\n  "a": {\n    "x": "{\\"y\\": [1,2]}"\n  }\n}',
  );
});

test("empty objects and lists stay on one line, and so does a scalar", () => {
  expect(indentJson(' { "a" : {} , "b":[ ] } ')).toBe('{\n  "a": {},\n  "b": []\n}');
  expect(indentJson("{}")).toBe("{}");
  expect(indentJson('"x"')).toBe('"x"');
});

test("what is no JSON has no layout", () => {
  expect(indentJson("<html>")).toBeUndefined();
});
