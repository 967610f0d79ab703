import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { Scope } from "../../../../core/index.ts";
import { startServerRig } from "../testing/server-rig.ts";
import { prefersLines, prefersYaml } from "./answer-forms.ts";

const scope = new Scope("yaml");
let rig: Awaited<ReturnType<typeof startServerRig>>;
beforeAll(async () => {
  rig = await startServerRig(scope);
});
afterAll(() => scope[Symbol.asyncDispose]());

const get = (path: string, accept = "application/json") => rig.admin.raw("GET", path, { accept });
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

test("a list that is too long to go out whole is YAML all the same, and so is one set in lines", async () => {
  const path = `${NAMESPACE}/configmaps`;
  const data = { text: "x".repeat(600 * 1024) };
  for (const name of ["long-a", "long-b"])
    await rig.admin.raw("POST", path, { body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data } });
  const json = await get(path);
  expect(json.body.length).toBeGreaterThan(1024 * 1024);
  expect(json.headers["content-length"]).toBe(String(json.body.length));
  expect(json.body.endsWith("}\n")).toBe(true);
  const yaml = await get(path, "application/yaml");
  expect(yaml.headers["content-type"]).toBe("application/yaml");
  expect(parse(yaml.body)).toEqual(JSON.parse(json.body));
  const lines = await get(`${path}?pretty=true`);
  expect(lines.body).toBe(JSON.stringify(JSON.parse(json.body), undefined, 2));
});

test.each([
  ["curl/8.5.0", "", true],
  ["Wget/1.21", "", true],
  ["Mozilla/5.0 (X11)", "", true],
  ["kubectl/v1.34.4", "", false],
  [undefined, "", false],
  ["kubectl/v1.34.4", "pretty=true", true],
  ["kubectl/v1.34.4", "pretty=1", true],
  ["curl/8.5.0", "pretty=false", false],
  ["curl/8.5.0", "pretty=2", false],
])("JSON for %s, asked with %j, is set in lines: %j", (agent, query, expected) => {
  expect(prefersLines({ headers: { "user-agent": agent }, query: new URLSearchParams(query) })).toBe(expected);
});

test("objects, refusals and discovery are set in lines for a person; other answers end with a line break", async () => {
  for (const path of [NAMESPACE, "/api/v1/namespaces/none", "/apis", "/api/v1"]) {
    const [lines, plain] = [await get(`${path}?pretty=true`), await get(path)];
    expect(lines.body).toBe(JSON.stringify(JSON.parse(plain.body), undefined, 2));
    expect(plain.body).toBe(`${JSON.stringify(JSON.parse(plain.body))}\n`);
  }
  expect((await get("/version")).body).toMatch(/^\{\n {2}"major": "1",\n/);
});
