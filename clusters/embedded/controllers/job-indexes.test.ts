import { expect, test } from "vitest";
import { readIndexes, writeIndexes } from "./job-indexes.ts";

test.each([
  [[], ""],
  [[0], "0"],
  [[0, 1], "0,1"],
  [[0, 1, 2], "0-2"],
  [[5, 3, 1, 4, 7, 8], "1,3-5,7,8"],
])("%o is %o", (indexes, text) => {
  expect(writeIndexes(indexes)).toBe(text);
  expect([...readIndexes(text)]).toEqual([...indexes].sort((a, b) => a - b));
});
