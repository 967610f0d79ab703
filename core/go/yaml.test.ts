import { expect, test } from "vitest";
import { parseGoYaml } from "./yaml.ts";

test.each([
  ["- [", "line 1: did not find expected node content"],
  ["- [\n", "line 1: did not find expected node content"],
  ["- {", "line 1: did not find expected node content"],
  ["- [a", "line 1: did not find expected ',' or ']'"],
  ["- {a: b", "line 1: did not find expected ',' or '}'"],
  ["a: b: c", "line 1: mapping values are not allowed in this context"],
])("says of %j what libyaml says", (text, words) => {
  expect(() => parseGoYaml(text)).toThrow(`yaml: ${words}`);
});
