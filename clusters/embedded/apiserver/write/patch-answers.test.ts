import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Scope } from "../../../../core/index.ts";
import { startServerRig } from "../testing/server-rig.ts";

const scope = new Scope("patch-answers");
let rig: Awaited<ReturnType<typeof startServerRig>>;
beforeAll(async () => {
  rig = await startServerRig(scope);
});
afterAll(() => scope[Symbol.asyncDispose]());

const DEFAULT = "/api/v1/namespaces/default";
const JSON_PATCH = "application/json-patch+json";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";

type Answer = { readonly status: number; readonly message: unknown; readonly object: Record<string, unknown> };
async function send(method: string, path: string, body?: string, contentType?: string): Promise<Answer> {
  const { status, ...answer } = await rig.admin.raw(method, path, {
    ...(body !== undefined && { body }),
    ...(contentType !== undefined && { contentType }),
  });
  const object = JSON.parse(answer.body) as Record<string, unknown>;
  return { status, message: object["message"], object };
}
async function made(plural: string, name: string, rest: object): Promise<string> {
  const kind = plural === "services" ? "Service" : "ConfigMap";
  await send("POST", `${DEFAULT}/${plural}`, JSON.stringify({ apiVersion: "v1", kind, metadata: { name }, ...rest }));
  return `${DEFAULT}/${plural}/${name}`;
}

// Each as `npm run differential -- --scripts services-and-patches` met it on kube-apiserver 1.34.4.
const OF_MAP = "json: cannot unmarshal array into Go value of type map[string]interface {}";
test.each<[type: string, mode: string, patch: string, status: number, message: string | undefined]>([
  [JSON_PATCH, "Warn", "null", 200, undefined],
  [JSON_PATCH, "Warn", "[null]", 422, "the server rejected our request due to an error in our request"],
  [JSON_PATCH, "Warn", "", 400, "error decoding patch: unexpected end of JSON input"],
  [JSON_PATCH, "Ignore", "", 400, "unexpected end of JSON input"],
  [
    JSON_PATCH,
    "Warn",
    "[5]",
    400,
    "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp",
  ],
  [JSON_PATCH, "Ignore", "[5]", 400, "json: cannot unmarshal number into Go value of type jsonpatch.Operation"],
  [JSON_PATCH, "Ignore", "{}", 400, "json: cannot unmarshal object into Go value of type jsonpatch.Patch"],
  [
    JSON_PATCH,
    "Warn",
    '[{"op":"add","path":["/a"]}]',
    400,
    "error decoding patch: json: cannot unmarshal array into Go struct field jsonPatchOp.path of type string",
  ],
  [
    JSON_PATCH,
    "Ignore",
    '[{"op":"add","path":["/a"]}]',
    422,
    "the server rejected our request due to an error in our request",
  ],
  [JSON_PATCH, "Ignore", '[{"op":"add","from":5,"path":"/data/k","value":"v"}]', 200, undefined],
  [
    JSON_PATCH,
    "Warn",
    '[{"op":"copy","path":"/data/l"}]',
    422,
    "the server rejected our request due to an error in our request",
  ],
  [JSON_PATCH, "Warn", '[{"op":"replace","path":"","value":"x"}]', 200, undefined],
  [MERGE, "Warn", "null", 400, "Invalid JSON Patch"],
  [MERGE, "Warn", "[]", 400, `error decoding patch: ${OF_MAP}`],
  [MERGE, "Ignore", "[1", 400, "Invalid JSON Patch"],
  [
    MERGE,
    "Ignore",
    "[]",
    422,
    '"" is invalid: patch: Invalid value: "[]": couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string',
  ],
  [STRATEGIC, "Warn", "null", 200, undefined],
  [STRATEGIC, "Warn", "[]", 400, OF_MAP],
  [STRATEGIC, "Strict", '{"data":{"e":"1"},}', 400, "invalid character '}' looking for beginning of object key string"],
])("%s, %s: %s", async (type, mode, patch, status, message) => {
  const path = await made("configmaps", "read", { data: { k: "v" } });
  const answer = await send("PATCH", `${path}?fieldValidation=${mode}`, patch, type);
  expect(answer).toMatchObject({ status, ...(message !== undefined && { message: expect.stringContaining(message) }) });
  if (message !== undefined && status === 400) expect(answer.message).toBe(message);
  expect((await send("GET", path)).object["data"]).toEqual({ k: "v" });
});

describe("what is odd about a patch", () => {
  const warningsOf = async (path: string, patch: string, type: string): Promise<unknown> =>
    (await rig.admin.raw("PATCH", path, { body: patch, contentType: type })).headers["warning"];

  test.each([
    [JSON_PATCH, '[{"op":"add","path":"/data/l","value":"x","more":1}]', 'json patch unknown field "[0].more"'],
    [JSON_PATCH, '[{"op":"add","path":"/data/l","value":"x","value":"y"}]', 'json patch duplicate field "[0].value"'],
    [MERGE, '{"data":{"l":"x","l":"y"}}', 'duplicate field "data.l"'],
    [STRATEGIC, '{"data":{"l":"x","l":"y"}}', 'duplicate field "data.l"'],
  ])("%s: %s is told as asked", async (type, patch, note) => {
    const path = await made("configmaps", "odd", { data: { k: "v" } });
    const strict = await send("PATCH", `${path}?fieldValidation=Strict`, patch, type);
    expect([strict.status, strict.message]).toEqual([422, expect.stringContaining(`strict decoding error: ${note}`)]);
    expect((await send("GET", path)).object["data"]).toEqual({ k: "v" });
    expect(await warningsOf(`${path}?dryRun=All`, patch, type)).toBe(`299 - "${note.replaceAll('"', '\\"')}"`);
    expect(await warningsOf(`${path}?fieldValidation=Ignore&dryRun=All`, patch, type)).toBeUndefined();
  });

  test("is told of a scale, too, which shows who owns the replicas", async () => {
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    const spec = { selector: { matchLabels: { a: "b" } }, template };
    const body = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" }, spec };
    await send("POST", "/apis/apps/v1/namespaces/default/deployments", JSON.stringify(body));
    const path = "/apis/apps/v1/namespaces/default/deployments/d/scale";
    await send("PATCH", path, '{"spec":{"replicas":2}}', MERGE);
    const patch = '[{"op":"replace","path":"/spec/replicas","value":3,"more":1}]';
    const strict = await send("PATCH", `${path}?fieldValidation=Strict`, patch, JSON_PATCH);
    expect([strict.status, strict.message]).toEqual([
      422,
      expect.stringMatching(/\\"apiVersion\\":\\"autoscaling\/v1\\",.*\\"f:replicas\\".*json patch unknown field/),
    ]);
    expect((await send("GET", path)).object["spec"]).toEqual({ replicas: 2 });
    expect(await warningsOf(path, patch, JSON_PATCH)).toBe('299 - "json patch unknown field \\"[0].more\\""');
    expect((await send("GET", path)).object["spec"]).toEqual({ replicas: 3 });
  });
});

test.each([STRATEGIC, MERGE, JSON_PATCH])("a key named __proto__ is a key (%s)", async (type) => {
  const path = await made("configmaps", `proto-${type.length}`, { data: { k: "v" } });
  const patch =
    type === JSON_PATCH ? '[{"op":"add","path":"/data/__proto__","value":"w"}]' : '{"data":{"__proto__":"w"}}';
  expect((await send("PATCH", path, patch, type)).status).toBe(200);
  const data = (await send("GET", path)).object["data"] as object;
  expect(Object.entries(data).sort()).toEqual([
    ["__proto__", "w"],
    ["k", "v"],
  ]);
});

test("a selector sees labels of the object's own alone", async () => {
  await made("configmaps", "unlabelled", {});
  const found = async (selector: string): Promise<boolean> => {
    const { object } = await send("GET", `${DEFAULT}/configmaps?labelSelector=${encodeURIComponent(selector)}`);
    return (object["items"] as { metadata: { name: string } }[]).some(({ metadata }) => metadata.name === "unlabelled");
  };
  expect(await found("constructor")).toBe(false);
  expect(await found("!constructor,!toString")).toBe(true);
  expect(await found("constructor notin (a)")).toBe(true);
});

describe("a Service", () => {
  test("of type ExternalName has ports as any other", async () => {
    const spec = { type: "ExternalName", externalName: "a.b", ports: [{ port: 80 }] };
    const path = await made("services", "out", { spec });
    expect((await send("GET", path)).object["spec"]).toEqual({
      ...spec,
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      sessionAffinity: "None",
    });
  });

  test("loses with its type what only that type had, and is warned of what it keeps in vain", async () => {
    const spec = { type: "NodePort", ports: [{ port: 80, nodePort: 30080 }], selector: { a: "b" } };
    const path = await made("services", "node", { spec });
    const typed = async (patch: object): Promise<Record<string, unknown>> =>
      (await send("PATCH", path, JSON.stringify({ spec: patch }), STRATEGIC)).object["spec"] as Record<string, unknown>;
    expect((await typed({ type: "ClusterIP" }))["ports"]).toEqual([{ port: 80, protocol: "TCP", targetPort: 80 }]);
    const changed = { type: "NodePort", ports: [{ port: 80, nodePort: 30082 }] };
    expect((await typed(changed))["ports"]).toMatchObject([{ nodePort: 30082 }]);
    const external = await typed({ type: "ExternalName", externalName: "x.y" });
    expect(external).toEqual({
      type: "ExternalName",
      externalName: "x.y",
      selector: { a: "b" },
      sessionAffinity: "None",
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
    });
    const back = await rig.admin.raw("PATCH", path, { body: { spec: { type: "ClusterIP" } }, contentType: STRATEGIC });
    expect(back.headers["warning"]).toBe(
      '299 - "spec.externalName is ignored when spec.type is not \\"ExternalName\\""',
    );
  });
});
