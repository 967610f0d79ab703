import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Payload, writePayload } from "./atomic-writer.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mp-payload-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const payload = (files: Readonly<Record<string, string>>): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o644 }]));
const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const generation = (): string => readlinkSync(join(folder, "..data"));

test("what is there already is left alone", async () => {
  await writePayload(folder, payload({ a: "1", "deep/b": "2" }));
  const first = generation();
  await writePayload(folder, payload({ a: "1", "deep/b": "2" }));
  expect(generation()).toBe(first);
  expect([read("a"), read("deep/b")]).toEqual(["1", "2"]);
});

test.each([
  ["another text", { a: "other", "deep/b": "2" }],
  ["a file more", { a: "1", "deep/b": "2", c: "3" }],
  ["a file less", { a: "1" }],
])("%s is a new generation, and the old one goes", async (_, files) => {
  await writePayload(folder, payload({ a: "1", "deep/b": "2" }));
  const first = generation();
  await writePayload(folder, payload(files));
  expect(generation()).not.toBe(first);
  for (const [path, text] of Object.entries(files)) expect(read(path)).toBe(text);
  const names = new Set(Object.keys(files).map((path) => path.split("/")[0]));
  expect(new Set(readdirSync(folder))).toEqual(new Set([generation(), "..data", ...names]));
});

test("what somebody changed or took away in a volume is put right", async () => {
  await writePayload(folder, payload({ a: "1", b: "2" }));
  writeFileSync(join(folder, "..data", "a"), "spoilt");
  await writePayload(folder, payload({ a: "1", b: "2" }));
  expect(read("a")).toBe("1");
  rmSync(join(folder, "..data", "b"));
  await writePayload(folder, payload({ a: "1", b: "2" }));
  expect(read("b")).toBe("2");
  rmSync(join(folder, generation()), { recursive: true });
  await writePayload(folder, payload({ a: "1", b: "2" }));
  expect([read("a"), read("b")]).toEqual(["1", "2"]);
});
