import { beforeAll, describe, expect, test } from "vitest";
import type { BuiltInTypes } from "./built-in-types.ts";
import { loadBuiltInTypes } from "./load-built-in-types.ts";
import { canonicalQuantity } from "./quantity.ts";
import { readTyped } from "./read-typed.ts";

let types: BuiltInTypes;
beforeAll(async () => {
  types = await loadBuiltInTypes();
});

function read(apiVersion: string, kind: string, fields: Record<string, unknown>, unknown: string[] = []) {
  const type = types.ofKind(apiVersion, kind);
  if (type === undefined) throw new Error(`no type of ${kind}`);
  return readTyped({ apiVersion, kind, ...fields }, type, unknown);
}

describe("what Go would print", () => {
  test("zero values without omitempty are there, those with it are not", () => {
    expect(
      read("apps/v1", "Deployment", { metadata: { name: "a", generation: 0 }, spec: { paused: false, replicas: 0 } }),
    ).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "a" },
      spec: { replicas: 0, selector: null, strategy: {}, template: { metadata: {}, spec: { containers: null } } },
      status: {},
    });
  });

  test("times and quantities have one form", () => {
    const lease = read("coordination.k8s.io/v1", "Lease", { spec: { renewTime: "2026-01-01T01:00:00+01:00" } });
    expect(lease["spec"]).toEqual({ renewTime: "2026-01-01T00:00:00.000000Z" });
    const node = read("v1", "Node", { status: { capacity: { cpu: "1500m", memory: "2048Ki", pods: 110 } } });
    expect((node["status"] as { capacity: unknown }).capacity).toEqual({ cpu: "1500m", memory: "2Mi", pods: "110" });
  });
});

test("what was read before is taken over where it is the very same, and read where it is not", () => {
  const type = types.ofKind("v1", "Pod");
  if (type === undefined) throw new Error("no type of Pod");
  const fields = { metadata: { name: "a", labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
  const before = readTyped({ apiVersion: "v1", kind: "Pod", ...fields }, type);
  const { labels } = before["metadata"] as { labels: object };
  const metadata = { ...(before["metadata"] as object), annotations: { a: "b" }, mistake: 1 };
  const unknown: string[] = [];
  const after = readTyped(
    { ...before, metadata, status: { phase: "Running", startTime: null } },
    type,
    unknown,
    before,
  );
  expect(after["spec"]).toBe(before["spec"]);
  expect((after["metadata"] as { labels: object }).labels).toBe(labels);
  expect(unknown).toEqual(["metadata.mistake"]);
  expect(after).toEqual(readTyped({ ...before, metadata, status: { phase: "Running" } }, type));
  expect(() => readTyped({ ...before, spec: { containers: [{ image: 1 }] } }, type, [], before)).toThrow(
    "json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string",
  );
});

describe("what does not fit", () => {
  test("fields that the struct does not have are dropped and told of", () => {
    const unknown: string[] = [];
    const pod = read("v1", "Pod", { spec: { containers: [{ name: "c", imag: "x" }], replica: 1 } }, unknown);
    expect(unknown).toEqual(["spec.containers[0].imag", "spec.replica"]);
    expect((pod["spec"] as { containers: unknown }).containers).toEqual([{ name: "c", resources: {} }]);
  });

  test.each([
    [
      "ConfigMap",
      { data: { a: 1 } },
      "json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
    ],
    [
      "Pod",
      { spec: { containers: {} } },
      "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container",
    ],
    [
      "Pod",
      { spec: { hostNetwork: "yes" } },
      "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool",
    ],
    ["Secret", { data: { a: "§" } }, "illegal base64 data at input byte 0"],
  ])("a %s with %j is refused in Go's words", (kind, fields, text) => {
    expect(() => read("v1", kind, fields)).toThrow(text);
  });
});

test("a null in a map is the zero value of its kind", () => {
  expect(read("v1", "Secret", { data: { a: null } })).toMatchObject({ data: { a: "" } });
  expect(read("v1", "ConfigMap", { data: { a: null } })).toMatchObject({ data: { a: "" } });
});

test.each([
  ["0.5", "500m"],
  ["1024Mi", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["2000", "2k"],
  ["1000m", "1"],
  ["1e3", "1e3"],
  ["-250m", "-250m"],
  ["0Mi", "0"],
  ["", undefined],
  ["1X", undefined],
])("quantity %s is %s", (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});
