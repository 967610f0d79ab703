import { closeSync } from "node:fs";
import { expect, test } from "vitest";
import { openNamespaces } from "./namespace.ts";

test("a namespace that was let go is not taken for the one that has its descriptor's number", async ({ skip }) => {
  const make = await openNamespaces();
  if ("refused" in make) return skip(make.refused);
  const gone = make();
  gone[Symbol.dispose]();
  using next = make();
  expect(next.path).toBe(gone.path);
  expect(() => gone.listen("0.0.0.0", 8080)).toThrow(expect.objectContaining({ code: "ENONET" }));
  expect(() => gone.dial("127.0.0.1", 8080)).toThrow("the network namespace is gone");
  closeSync(next.listen("0.0.0.0", 8080));
});
