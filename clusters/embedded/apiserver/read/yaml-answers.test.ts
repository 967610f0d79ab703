import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { Scope } from "../../../../core/index.ts";
import { startServerRig } from "../testing/server-rig.ts";
import { prefersYaml } from "./yaml-answers.ts";

const scope = new Scope("yaml");
let rig: Awaited<ReturnType<typeof startServerRig>>;
beforeAll(async () => {
  rig = await startServerRig(scope);
});
afterAll(() => scope[Symbol.asyncDispose]());

const get = (path: string, accept: string) => rig.admin.raw("GET", path, { accept });
const NAMESPACE = "/api/v1/namespaces/default";

test.each([
  ["application/yaml", true],
  ["text/html, application/yaml;q=0.9, application/json", true],
  ["application/json, application/yaml", false],
  ["*/*", false],
  [undefined, false],
])("of %s YAML is preferred: %j", (accept, isYaml) => {
  expect(prefersYaml(accept)).toBe(isYaml);
});

test("an object, a list and a refusal come as YAML to who asks for it", async () => {
  for (const path of [NAMESPACE, "/api/v1/namespaces", "/api/v1/namespaces/none"]) {
    const [yaml, json] = [await get(path, "application/yaml"), await get(path, "application/json")];
    expect([yaml.status, yaml.headers["content-type"]]).toEqual([json.status, "application/yaml"]);
    expect(parse(yaml.body)).toEqual(JSON.parse(json.body));
  }
});

test("keys are sorted, and what an older reader would misread is quoted, as by Go's library", async () => {
  await rig.admin.raw("POST", `${NAMESPACE}/configmaps`, {
    body: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "quoted" },
      data: { b: "yes", a: "2026-01-01T00:00:00Z", c: "x" },
    },
  });
  const { body } = await get(`${NAMESPACE}/configmaps/quoted`, "application/yaml");
  expect(body).toContain('data:\n  a: "2026-01-01T00:00:00Z"\n  b: "yes"\n  c: x\nkind: ConfigMap\n');
  expect(body).toContain("  managedFields:\n  - apiVersion: v1\n");
  expect(body).toMatch(/^ +\.: \{\}$/m);
});

test("a watch has no YAML", async () => {
  const { body, status } = await get("/api/v1/namespaces?watch=true", "application/yaml");
  expect([status, body]).toEqual([406, expect.stringContaining("application/json;stream=watch")]);
});
