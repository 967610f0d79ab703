import { afterEach, beforeEach, expect, test } from "vitest";
import { Scope, type VirtualClock } from "../../../../core/index.ts";
import { ConfigMaps, type KubeClient } from "../../../../kube/index.ts";
import { createHttpClient } from "../../../../net/index.ts";
import { configMap, startServerRig } from "../testing/server-rig.ts";

let scope: Scope;
let clock: VirtualClock;
let admin: KubeClient;

beforeEach(async () => {
  scope = new Scope("test");
  ({ admin, clock } = await startServerRig(scope));
});
afterEach(() => scope[Symbol.asyncDispose]());

test("a long list comes whole, with its length, whatever letters it holds", async () => {
  const text = "aä€😀".repeat(30_000);
  const made = [];
  for (const name of ["a", "b", "c", "d"]) made.push(await admin.create(ConfigMaps, configMap(name, { text })));
  const path = "/api/v1/namespaces/default/configmaps";
  const { headers, body } = await admin.raw("GET", path);
  expect(Number(headers["content-length"])).toBe(Buffer.byteLength(body));
  expect(body.length).toBeGreaterThan(512 * 1024);
  const { items, ...list } = JSON.parse(body) as { items: unknown[] };
  expect(list).toEqual({ kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: expect.any(String) } });
  expect(items).toEqual(made.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest));
});

test("a reader that leaves in the middle of a long list leaves the server as it was", async () => {
  const text = "x".repeat(500_000);
  for (let index = 0; index < 40; index++) await admin.create(ConfigMaps, configMap(`m-${index}`, { text }));
  const { server, caPem, credentials } = admin.config;
  const own = credentials.kind === "certificate" ? { clientCertificate: credentials } : {};
  await using http = createHttpClient({ clock, caPem, ...own });
  const { headers, body } = await http.stream({ method: "GET", url: `${server}/api/v1/configmaps` });
  expect(Number(headers["content-length"])).toBeGreaterThan(20_000_000);
  let read = 0;
  for await (const chunk of body) {
    read += chunk.length;
    break;
  }
  expect(read).toBeLessThan(20_000_000);
  await clock.settle();
  expect((await admin.list(ConfigMaps, { namespace: "default" })).items).toHaveLength(40);
});
