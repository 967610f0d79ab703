import { expect, test } from "vitest";
import { parseSeed } from "./options.ts";

test("a seed that is no YAML is refused by file and place, and its secret is not quoted", async () => {
  const error = await parseSeed("seed.yaml", 'write:\n  secret/data/a: { data: { password: "hunter2-canary }').catch(
    (cause: unknown) => cause,
  );
  expect(String(error)).toMatch(/--seed "seed\.yaml" is neither YAML nor JSON at line \d+/);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("hunter2");
});
