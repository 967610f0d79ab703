import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RealClock } from "../../../core/index.ts";
import { createHttpClient, type HttpClient } from "../../../net/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "./index.ts";

let api: RunningApiServer;
let http: HttpClient;
const MAPS = "/api/v1/namespaces/default/configmaps";

beforeAll(async () => {
  const clock = new RealClock();
  api = await new EmbeddedApiServer({ clock }).start();
  api.tokenConfig("admin", { name: "admin", groups: ["system:masters"] });
  http = createHttpClient({ clock, caPem: api.caPem });
});
afterAll(async () => {
  // Whatever was sent, it is still there for the next one.
  expect((await send("GET", "/readyz")).status).toBe(200);
  await http[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

async function send(
  method: string,
  path: string,
  options: { body?: string | Uint8Array; type?: string; token?: string } = {},
): Promise<{ status: number; body: { reason?: string; message?: string; kind?: string } }> {
  const { body, token = "admin", type = "application/json" } = options;
  const response = await http.request({
    method,
    url: `${api.url}${path}`,
    headers: { authorization: `Bearer ${token}`, "content-type": type },
    ...(body !== undefined && { body }),
  });
  const text = response.body.toString("utf8");
  return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : { message: text } };
}

const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

describe("a body that is none", () => {
  test.each([
    ["broken JSON", "{broken"],
    ["nothing", ""],
    ["a list", "[]"],
    ["null", "null"],
    ["metadata that is a text", '{"metadata":"x"}'],
    ["a name that is a number", '{"metadata":{"name":5}}'],
    ["labels that are a list", '{"metadata":{"name":"x","labels":[1]}}'],
    ["20,000 lists in each other", `{"metadata":{"name":"x"},"a":${nested(20_000, "[", "]")}}`],
    [
      "100,000 objects in each other",
      `{"metadata":{"name":"x"},"data":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`,
    ],
  ])("%s is a bad request", async (_what, body) => {
    expect(await send("POST", MAPS, { body })).toMatchObject({
      status: 400,
      body: { kind: "Status", reason: "BadRequest" },
    });
  });

  test("YAML that grows when it is read is refused", async () => {
    const lines = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (const [index, name] of [..."bcdefgh"].entries()) {
      const before = "abcdefg"[index] ?? "";
      lines.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`);
    }
    expect(await send("POST", MAPS, { body: lines.join("\n"), type: "application/yaml" })).toMatchObject({
      status: 400,
    });
  });

  test("10 MiB are too large", async () => {
    const body = Buffer.alloc(10 * 1024 * 1024, "a");
    expect(await send("POST", MAPS, { body })).toMatchObject({
      status: 413,
      body: { reason: "RequestEntityTooLarge" },
    });
  });

  test("unknown content types are not read", async () => {
    expect(await send("POST", MAPS, { body: "a,b", type: "text/csv" })).toMatchObject({ status: 415 });
    expect(await send("PATCH", `${MAPS}/x`, { body: "{}", type: "application/json" })).toMatchObject({ status: 415 });
    expect(await send("POST", MAPS, { body: "garbage", type: "application/vnd.kubernetes.protobuf" })).toMatchObject({
      status: 400,
    });
  });

  test("a patch that doubles the object again and again is refused before it has", async () => {
    expect(
      await send("POST", MAPS, { body: `{"metadata":{"name":"copied"},"data":{"a":"${"x".repeat(1000)}"}}` }),
    ).toMatchObject({ status: 201 });
    const copies = Array.from({ length: 40 }, (_, at) => ({ op: "copy", from: "/data", path: `/data/x${at}` }));
    const type = "application/json-patch+json";
    expect(await send("PATCH", `${MAPS}/copied`, { body: JSON.stringify(copies), type })).toMatchObject({
      status: 422,
    });
    const many = JSON.stringify(Array(10_001).fill({ op: "test", path: "/data/a", value: 1 }));
    expect(await send("PATCH", `${MAPS}/copied`, { body: many, type })).toMatchObject({ status: 413 });
  });

  test("deletion takes options and nothing else", async () => {
    expect(await send("POST", MAPS, { body: '{"metadata":{"name":"kept"}}' })).toMatchObject({ status: 201 });
    expect(await send("DELETE", `${MAPS}/kept`, { body: "[1]" })).toMatchObject({ status: 400 });
    expect(await send("GET", `${MAPS}/kept`)).toMatchObject({ status: 200 });
  });
});

describe("names and paths", () => {
  test.each(["..", ".", "a/b", "a%b", "A", "-", "a".repeat(254), "a\u0000"])("no object is called %j", async (name) => {
    expect(await send("POST", MAPS, { body: JSON.stringify({ metadata: { name } }) })).toMatchObject({ status: 422 });
  });

  test.each([
    "/api/v1/namespaces/%2e%2e/%2e%2e/etc/passwd",
    `${MAPS}/..%2f..%2fetc`,
    "//api//v1//namespaces",
    `${MAPS}/%00`,
    "/api/v1/namespaces/default/secrets/__proto__",
    "/apis/..",
    "/openapi/v3/../../etc",
  ])("%s leads nowhere", async (path) => {
    expect(await send("GET", path)).toMatchObject({ status: 404 });
  });

  test.each(["/api/v1/namespaces/%zz", "/api/v1/%", "/%E"])("%s is no address", async (path) => {
    const socket = connect({ port: api.port, host: "127.0.0.1", ca: api.caPem, servername: "localhost" });
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin\r\nconnection: close\r\n\r\n`);
    expect((await socket.toArray()).join("")).toMatch(/^HTTP\/1\.1 400 .*400 Bad Request$/s);
  });

  test.each(["limit=x", "limit=99999999999999999999", "timeoutSeconds=abc", "watch=true&timeoutSeconds=1e3"])(
    "a list with %s is a bad request",
    async (query) => {
      expect(await send("GET", `${MAPS}?${query}`)).toMatchObject({ status: 400, body: { reason: "BadRequest" } });
    },
  );

  test("keys of JavaScript's own are keys like others, in objects and patches", async () => {
    const body = '{"metadata":{"name":"proto"},"data":{"__proto__":"x","constructor":"y"}}';
    expect(await send("POST", MAPS, { body })).toMatchObject({ status: 201 });
    await send("PATCH", `${MAPS}/proto`, {
      body: '{"__proto__":{"polluted":"1"}}',
      type: "application/merge-patch+json",
    });
    await send("PATCH", `${MAPS}/proto`, {
      body: '[{"op":"add","path":"/__proto__/polluted","value":1}]',
      type: "application/json-patch+json",
    });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    const { body: stored } = await send("GET", `${MAPS}/proto`);
    expect(Object.entries((stored as { data: object }).data)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });
});

test.each([
  ["made up", "nonsense"],
  ["signed by nobody", `${btoa('{"alg":"none"}')}.${btoa('{"sub":"system:serviceaccount:kube-system:admin"}')}.`],
  ["signed by another", `${btoa('{"alg":"RS256","kid":"x"}')}.${btoa('{"iss":"https://evil"}')}.AAAA`],
  ["too long", "a".repeat(100_000)],
])("a token that is %s lets nobody in", async (_what, token) => {
  expect(await send("GET", MAPS, { token })).toMatchObject({ status: 401, body: { reason: "Unauthorized" } });
});

test("who sends a request byte by byte holds up nobody else", async () => {
  const slow = connect({ port: api.port, host: "127.0.0.1", ca: api.caPem, servername: "localhost" });
  await new Promise((resolve) => slow.once("secureConnect", resolve));
  slow.write(
    "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin\r\ncontent-length: 100\r\n\r\n{",
  );
  expect((await send("GET", MAPS)).status).toBe(200);
  slow.destroy();
  expect((await send("GET", MAPS)).status).toBe(200);
});
