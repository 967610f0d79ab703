import { beforeAll, describe, expect, test } from "vitest";
import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { loadBuiltInTypes } from "../schema/load-built-in-types.ts";
import { readTyped } from "../schema/read-typed.ts";
import type { TypeNode } from "../schema/type-node.ts";
import { applied, entriesOf, ownedAfterUpdate, setEntries } from "./managed-fields.ts";
import { assertTyped } from "./typed-value.ts";

let deployment: TypeNode;
let configMap: TypeNode;
beforeAll(async () => {
  const types = await loadBuiltInTypes();
  const of = (apiVersion: string, kind: string): TypeNode => {
    const type = types.ofKind(apiVersion, kind);
    if (type === undefined) throw new Error(kind);
    return type;
  };
  deployment = of("apps/v1", "Deployment");
  configMap = of("v1", "ConfigMap");
});

const writer = (manager: string, apiVersion = "v1") => ({
  manager,
  apiVersion,
  subresource: "",
  now: "2026-01-01T00:00:00Z",
});
const map = (data: Record<string, string>): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a" },
  data,
});
const EMPTY_MAP: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata: {} };

function apply(live: KubeObject | undefined, patch: KubeObject, manager: string, force = false): KubeObject {
  const options = { writer: writer(manager), force, empty: EMPTY_MAP };
  const { object, entries } = applied(live, patch, configMap, options);
  const next = { ...object, metadata: { ...object.metadata } };
  setEntries(next, entries);
  return next;
}
const owned = (object: KubeObject): Record<string, unknown> =>
  Object.fromEntries(
    entriesOf(object).map(({ fieldsV1, manager, operation }) => [`${manager} ${operation}`, fieldsV1]),
  );

describe("apply", () => {
  test("owns what it names, and nothing else", () => {
    expect(owned(apply(undefined, map({ x: "1", z: "2" }), "m1"))).toEqual({
      "m1 Apply": { "f:data": { "f:x": {}, "f:z": {} } },
    });
  });

  test("is refused where another manager owns another value, and names it", () => {
    const live = apply(undefined, map({ x: "1", y: "1" }), "m1");
    let refused: unknown;
    try {
      apply(live, map({ x: "9", y: "9" }), "m2");
    } catch (error) {
      refused = error;
    }
    expect(refused instanceof KubeStatusError && refused.status).toMatchObject({
      code: 409,
      reason: "Conflict",
      message: 'Apply failed with 2 conflicts: conflicts with "m1":\n- .data.x\n- .data.y',
      details: {
        causes: [
          { reason: "FieldManagerConflict", message: 'conflict with "m1"', field: ".data.x" },
          { reason: "FieldManagerConflict", message: 'conflict with "m1"', field: ".data.y" },
        ],
      },
    });
  });

  test("of the same value is shared ownership, and then neither alone can take it away", () => {
    const shared = apply(apply(undefined, map({ x: "1" }), "m1"), map({ x: "1" }), "m2");
    expect(owned(shared)).toEqual({ "m1 Apply": { "f:data": { "f:x": {} } }, "m2 Apply": { "f:data": { "f:x": {} } } });
    expect(apply(shared, map({}), "m1")["data"]).toEqual({ x: "1" });
  });

  test("by force takes fields over", () => {
    const live = apply(apply(undefined, map({ x: "1", z: "2" }), "m1"), map({ x: "9" }), "m2", true);
    expect(live["data"]).toEqual({ x: "9", z: "2" });
    expect(owned(live)).toEqual({ "m1 Apply": { "f:data": { "f:z": {} } }, "m2 Apply": { "f:data": { "f:x": {} } } });
  });

  test("takes away what only it had and no longer names; what others own by update stays", () => {
    const first = apply(undefined, map({ x: "1", z: "2" }), "m1");
    const changed: KubeObject = { ...first, data: { x: "1", z: "2", u: "3" } };
    const entries = ownedAfterUpdate(first, changed, configMap, entriesOf(first), writer("editor"));
    const live = { ...changed, metadata: { ...changed.metadata } };
    setEntries(live, entries);
    const after = apply(live, map({ x: "1" }), "m1");
    expect(after["data"]).toEqual({ x: "1", u: "3" });
  });

  test("of an object that was never applied leaves the rest to a manager of before", () => {
    const live = apply(map({ old: "1" }), map({ x: "1" }), "m1");
    expect(Object.keys(owned(live)).sort()).toEqual(["before-first-apply Update", "m1 Apply"]);
  });
});

describe("lists", () => {
  const web = (containers: unknown[]): KubeObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { template: { spec: { containers } } },
  });
  const applyWeb = (live: KubeObject | undefined, patch: KubeObject, manager: string): KubeObject => {
    const empty = readTyped({ apiVersion: "apps/v1", kind: "Deployment" }, deployment) as KubeObject;
    const options = { writer: writer(manager, "apps/v1"), force: false, empty };
    const { object, entries } = applied(live, patch, deployment, options);
    const next = { ...object, metadata: { ...object.metadata } };
    setEntries(next, entries);
    return next;
  };
  const containersOf = (object: KubeObject): unknown =>
    (object["spec"] as { template: { spec: { containers: unknown } } }).template.spec.containers;

  test("are merged by their keys, a key's default included", () => {
    const first = applyWeb(
      undefined,
      web([{ name: "c", image: "i", ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "UDP" }] }]),
      "m1",
    );
    const both = applyWeb(
      first,
      web([
        { name: "c", env: [{ name: "B", value: "1" }] },
        { name: "d", image: "x" },
      ]),
      "m2",
    );
    expect(containersOf(both)).toEqual([
      {
        name: "c",
        image: "i",
        ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "UDP" }],
        env: [{ name: "B", value: "1" }],
      },
      { name: "d", image: "x" },
    ]);
    expect(
      Object.keys(
        JSON.parse(JSON.stringify(owned(both)["m1 Apply"]))["f:spec"]["f:template"]["f:spec"]["f:containers"][
          'k:{"name":"c"}'
        ]["f:ports"],
      ),
    ).toEqual(['k:{"containerPort":80,"protocol":"TCP"}', 'k:{"containerPort":80,"protocol":"UDP"}']);
    expect(containersOf(applyWeb(both, web([{ name: "d", image: "x" }]), "m2"))).toEqual([
      { name: "c", image: "i", ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "UDP" }] },
      { name: "d", image: "x" },
    ]);
  });

  test("without a merge key are one leaf", () => {
    const live = applyWeb(undefined, web([{ name: "c", args: ["a", "b"] }]), "m1");
    expect(() => applyWeb(live, web([{ name: "c", args: ["a"] }]), "m2")).toThrow(/\.args/);
  });
});

test("a field that the kind does not have is told by its path", () => {
  expect(() => assertTyped({ ...map({}), dta: {} }, configMap)).toThrow(".dta: field not declared in schema");
});

test("an update owns what it changed; the one before owns it no longer", () => {
  const first = apply(undefined, map({ x: "1" }), "m1");
  const entries = ownedAfterUpdate(first, map({ x: "2", n: "1" }), configMap, entriesOf(first), writer("k"));
  expect(entries.map(({ fieldsV1, manager, operation }) => ({ manager, operation, fieldsV1 }))).toEqual([
    { manager: "k", operation: "Update", fieldsV1: { "f:data": { "f:n": {}, "f:x": {} } } },
  ]);
});

test("more than ten managers by update are put together", () => {
  let live = map({});
  for (let index = 0; index < 14; index++) {
    const next = map({ ...(live["data"] as object), [`k${index}`]: "1" });
    const time = { ...writer(`u${index}`), now: `2026-01-01T00:00:${String(index).padStart(2, "0")}Z` };
    const entries = ownedAfterUpdate(index === 0 ? EMPTY_MAP : live, next, configMap, entriesOf(live), time);
    live = { ...next, metadata: { ...next.metadata } };
    setEntries(live, entries);
  }
  expect(entriesOf(live)).toHaveLength(10);
  expect(entriesOf(live).some(({ manager }) => manager === "ancient-changes")).toBe(true);
});
