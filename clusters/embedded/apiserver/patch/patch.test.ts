import { describe, expect, test } from "vitest";
import { ANY, type TypeNode } from "../schema/type-node.ts";
import { goJsonText, goOrdered } from "./go-text.ts";
import { jsonPatch, placesOf } from "./json-patch.ts";
import type { Json } from "./merge.ts";
import { strategicMerge } from "./strategic.ts";

const text: TypeNode = { form: "scalar", goType: "string", scalar: "string" };
const field = (name: string, type: TypeNode) => ({ name, type, isPointer: false, omitsEmpty: true });
const struct = (fields: Record<string, TypeNode>): TypeNode => ({
  form: "struct",
  goType: "v1.Thing",
  fields: new Map(Object.entries(fields).map(([name, type]) => [name, field(name, type)])),
});
const list = (items: TypeNode, mergeKey?: string): TypeNode => ({
  form: "list",
  goType: "[]v1.Item",
  items,
  ...(mergeKey !== undefined && { mergeKey }),
});
const port = struct({ name: text, port: text, tags: list(text, "") });
const thing = struct({
  ports: list(port, "port"),
  plain: list(port),
  finalizers: list(text, ""),
  labels: { form: "map", goType: "map[string]string", items: text },
});
const merged = (target: Json, patch: Json): Json => strategicMerge(target, patch, thing);

// What k8s.io/apimachinery's strategicpatch does, as `npm run differential` has met it on kube-apiserver 1.34.
describe("a strategic merge patch", () => {
  test.each<[string, Json, Json, Json]>([
    [
      "merges items by their key",
      { ports: [{ port: 1, name: "a" }] },
      { ports: [{ port: 1, name: "b" }] },
      { ports: [{ port: 1, name: "b" }] },
    ],
    [
      "has the patch's items in the patch's order",
      { ports: [{ port: 1 }, { port: 2 }] },
      { ports: [{ port: 2 }, { port: 1 }] },
      { ports: [{ port: 2 }, { port: 1 }] },
    ],
    [
      "leaves the others where they stood",
      { ports: [{ port: 1 }, { port: 2 }, { port: 3 }] },
      { ports: [{ port: 3 }, { port: 4 }] },
      { ports: [{ port: 1 }, { port: 2 }, { port: 3 }, { port: 4 }] },
    ],
    [
      "deletes every item with the key",
      {
        ports: [
          { port: 1, name: "a" },
          { port: 1, name: "b" },
        ],
      },
      { ports: [{ $patch: "delete", port: 1 }] },
      { ports: [] },
    ],
    [
      "replaces a list whole, also by nothing",
      { ports: [{ port: 1 }] },
      { ports: [{ $patch: "replace" }] },
      { ports: [] },
    ],
    [
      "adds to a set what it has not",
      { finalizers: ["a", "b"] },
      { finalizers: ["c", "a"] },
      { finalizers: ["c", "a", "b"] },
    ],
    [
      "takes from a set",
      { finalizers: ["a", "b"] },
      { "$deleteFromPrimitiveList/finalizers": ["a"] },
      { finalizers: ["b"] },
    ],
    ["replaces a list without a key", { plain: [{ port: 1 }] }, { plain: [{ port: 2 }] }, { plain: [{ port: 2 }] }],
    ["leaves directives out of what was not there", {}, { labels: { a: "1", $patch: "merge" } }, {}],
    ["leaves nulls out of what was not there", {}, { labels: { a: "1", b: null } }, { labels: { a: "1" } }],
    [
      "keeps only what it retains",
      { labels: { a: "1" }, finalizers: ["a"] },
      { $retainKeys: ["labels"], labels: { b: "2" } },
      { labels: { a: "1", b: "2" } },
    ],
    [
      "orders by $setElementOrder alone",
      { ports: [{ port: 1 }, { port: 2 }] },
      { "$setElementOrder/ports": [{ port: 2 }, { port: 1 }] },
      { ports: [{ port: 2 }, { port: 1 }] },
    ],
  ])("%s", (_, target, patch, result) => {
    const before = structuredClone([target, patch]);
    expect(merged(target, patch)).toEqual(result);
    expect([target, patch], "nothing is changed in place").toEqual(before);
  });

  test.each<[Json, Json, number, string]>([
    [
      { labels: { a: "1" } },
      { labels: { $patch: "merge" } },
      500,
      "unknown patch type: merge in map: map[$patch:merge]",
    ],
    [
      { ports: [{ port: 1 }] },
      { ports: [{ name: "a" }] },
      500,
      "map: map[name:a] does not contain declared merge key: port",
    ],
    [
      { ports: [{ port: 1 }] },
      { ports: [{ $patch: "merge", port: 1 }] },
      500,
      "merging lists cannot yet be specified in the patch",
    ],
    [{ ports: [{ port: 1 }] }, { ports: [1] }, 500, "list element types are not identical"],
    [{}, { ports: [], "$setElementOrder/ports": [] }, 500, "no elements in any of the given slices"],
    [
      { ports: [{ port: 1 }] },
      { ports: [{ port: 1 }], "$setElementOrder/ports": [{ port: 2 }] },
      500,
      "doesn't match $setElementOrder list",
    ],
    [{}, { $retainKeys: ["a"], labels: {} }, 400, "invalid patch format of retainKeys"],
    [{}, { $deleteFromPrimitiveList: ["a"] }, 400, "invalid patch format of primitive list"],
  ])("of %j with %j is refused", (target, patch, code, why) => {
    expect(refusalOf(() => merged(target, patch))).toMatchObject({ code, message: expect.stringContaining(why) });
  });
});

// evanphx/json-patch v4, which a real server applies JSON patches with.
describe("a JSON patch", () => {
  const target = { a: { b: [1, 2] }, c: null };
  test.each<[string, Json, Json]>([
    [
      "replaces what is not there in an object",
      [{ op: "replace", path: "/a/x", value: 1 }],
      { a: { b: [1, 2], x: 1 }, c: null },
    ],
    ["copies nothing as null", [{ op: "copy", from: "/a/x", path: "/d" }], { ...target, d: null }],
    ["tests nothing as null", [{ op: "test", path: "/a/x", value: null }], target],
    ["counts from the end of a list", [{ op: "replace", path: "/a/b/-1", value: 9 }], { a: { b: [1, 9] }, c: null }],
    ["adds before the end of a list", [{ op: "add", path: "/a/b/-1", value: 9 }], { a: { b: [1, 2, 9] }, c: null }],
    [
      "has keys of any name",
      [{ op: "add", path: "/__proto__", value: 1 }],
      JSON.parse('{"a":{"b":[1,2]},"c":null,"__proto__":1}'),
    ],
  ])("%s", (_, patch, result) => {
    expect(JSON.stringify(jsonPatch(target, patch))).toBe(JSON.stringify(result));
  });

  test.each<Json[]>([
    [{ op: "remove", path: "/a/x" }],
    [{ op: "move", from: "/a/x", path: "/d" }],
    [{ op: "add", path: "", value: {} }],
    [{ op: "add", path: "/c/x", value: 1 }],
    [{ op: "replace", path: "/a/b/2", value: 1 }],
    [{ op: "replace", path: "/a/b/-3", value: 1 }],
    [{ op: "test", path: "/a/b/0", value: 2 }],
  ])("%j does not apply", (...patch) => {
    expect(refusalOf(() => jsonPatch(target, patch))).toMatchObject({ code: 422 });
  });
});

test("Go writes what a patch took apart with its keys sorted, the rest as it came", () => {
  const target = goOrdered(
    { spec: { b: 1, a: 2 }, meta: { z: 1, y: 2 }, kind: "K" },
    struct({ kind: text, meta: ANY, spec: struct({ b: ANY, a: ANY }) }),
  );
  const patch = [{ op: "add", path: "/meta/x", value: { n: 1, m: 2 } }];
  expect(goJsonText(jsonPatch(target, patch), placesOf(patch))).toBe(
    '{"kind":"K","meta":{"x":{"n":1,"m":2},"y":2,"z":1},"spec":{"b":1,"a":2}}',
  );
});

function refusalOf(write: () => unknown): unknown {
  try {
    return write();
  } catch (error) {
    return (error as { status: unknown }).status;
  }
}
