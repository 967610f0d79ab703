import { afterEach, beforeEach, expect, test } from "vitest";
import { Scope } from "../../../../core/index.ts";
import {
  ConfigMaps,
  type KubeClient,
  Namespaces,
  Pods,
  resource,
  Secrets,
  ServiceAccounts,
} from "../../../../kube/index.ts";
import { account, configMap, pod, startServerRig, statusOf } from "../testing/server-rig.ts";

let scope: Scope;
let admin: KubeClient;

beforeEach(async () => {
  scope = new Scope("test");
  ({ admin } = await startServerRig(scope));
});
afterEach(() => scope[Symbol.asyncDispose]());

test("an object gets what only the server sets, and comes back as it is stored", async () => {
  const created = await admin.create(ConfigMaps, configMap("a", { key: "value" }));
  expect(created.metadata).toMatchObject({
    namespace: "default",
    creationTimestamp: "2026-01-02T03:04:05Z",
    uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    resourceVersion: expect.stringMatching(/^[1-9]\d*$/),
  });
  expect(await admin.get(ConfigMaps, "a", "default")).toEqual(created);
});

test("a second of the same name, a stale version and another uid are conflicts", async () => {
  const created = await admin.create(ConfigMaps, configMap("a"));
  expect(await statusOf(admin.create(ConfigMaps, configMap("a")))).toMatchObject({
    code: 409,
    reason: "AlreadyExists",
  });
  await admin.update(ConfigMaps, { ...created, data: { a: "1" } });
  expect(await statusOf(admin.update(ConfigMaps, { ...created, data: { a: "2" } }))).toMatchObject({
    reason: "Conflict",
  });
  const other = { ...created, metadata: { ...created.metadata, resourceVersion: "", uid: "other" } };
  expect(await statusOf(admin.update(ConfigMaps, other))).toMatchObject({ code: 409, reason: "Conflict" });
});

test("an update of nothing changes no version and tells no watcher", async () => {
  const created = await admin.create(ConfigMaps, configMap("a", { key: "value" }));
  const updated = await admin.update(ConfigMaps, created);
  expect(updated.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
});

test.each([
  ["json", [{ op: "add", path: "/data/b", value: "2" }]],
  ["merge", { data: { b: "2" } }],
  ["strategic", { data: { b: "2" } }],
] as const)("a %s patch changes what it names and keeps the rest", async (type, patch) => {
  await admin.create(ConfigMaps, configMap("a", { a: "1" }));
  const patched = await admin.patch(ConfigMaps, { name: "a", namespace: "default" }, type, patch);
  expect(patched["data"]).toEqual({ a: "1", b: "2" });
});

test("a dry run shows what would be stored, and stores nothing", async () => {
  const shown = await admin.create(ConfigMaps, configMap("a"), { dryRun: true });
  expect(shown.metadata.uid).toBeDefined();
  expect(await admin.find(ConfigMaps, "a", "default")).toBeUndefined();
});

test("a namespace that is not there is a 404, one that is being deleted a 403", async () => {
  const elsewhere = { ...configMap("a"), metadata: { name: "a", namespace: "nowhere" } };
  expect(await statusOf(admin.create(ConfigMaps, elsewhere))).toMatchObject({
    code: 404,
    message: 'namespaces "nowhere" not found',
  });
  await admin.create(Namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "going" } });
  await admin.delete(Namespaces, { name: "going" });
  const late = { ...configMap("a"), metadata: { name: "a", namespace: "going" } };
  expect(await statusOf(admin.create(ConfigMaps, late))).toMatchObject({
    code: 403,
    reason: "Forbidden",
    message:
      'configmaps "a" is forbidden: unable to create new content in namespace going because it is being terminated',
  });
});

test("a Secret's plain text is stored as data, and an immutable one refuses to change", async () => {
  const made = await admin.create(Secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace: "default" },
    stringData: { password: "x" },
    immutable: true,
  });
  expect(made).toMatchObject({ type: "Opaque", data: { password: "eA==" } });
  expect(made["stringData"]).toBeUndefined();
  expect(await statusOf(admin.update(Secrets, { ...made, data: {} }))).toMatchObject({
    code: 422,
    reason: "Invalid",
  });
});

test("finalizers keep what is deleted until the last is gone", async () => {
  const kept = { ...configMap("a"), metadata: { name: "a", namespace: "default", finalizers: ["example.org/hold"] } };
  await admin.create(ConfigMaps, kept);
  await admin.delete(ConfigMaps, { name: "a", namespace: "default" });
  const marked = await admin.get(ConfigMaps, "a", "default");
  expect(marked.metadata.deletionTimestamp).toBeDefined();
  await admin.update(ConfigMaps, { ...marked, metadata: { ...marked.metadata, finalizers: [] } });
  expect(await admin.find(ConfigMaps, "a", "default")).toBeUndefined();
});

test("a pod on a node is deleted gracefully, and its grace can only shrink", async () => {
  await admin.create(ServiceAccounts, account("app"));
  await admin.create(Pods, { ...pod("p"), spec: { ...(pod("p")["spec"] as object), nodeName: "node-0" } });
  const at = { name: "p", namespace: "default" };
  await admin.delete(Pods, at);
  expect((await admin.get(Pods, "p", "default")).metadata).toMatchObject({
    deletionGracePeriodSeconds: 30,
    deletionTimestamp: "2026-01-02T03:04:35Z",
  });
  await admin.delete(Pods, at, { gracePeriodSeconds: 60 });
  expect((await admin.get(Pods, "p", "default")).metadata.deletionGracePeriodSeconds).toBe(30);
  await admin.delete(Pods, at, { gracePeriodSeconds: 0 });
  expect(await admin.find(Pods, "p", "default")).toBeUndefined();
});

test("a quota of less than nothing is refused, and each of its lines is named", async () => {
  const Quotas = resource({ version: "v1", kind: "ResourceQuota", plural: "resourcequotas", namespaced: true });
  const quota = (hard: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "most", namespace: "default" },
    spec: { hard },
  });
  const line = (name: string, value: string) =>
    `spec.hard[${name}]: Invalid value: "${value}": must be greater than or equal to 0`;
  const refused = quota({ pods: "4", secrets: "-1", "requests.memory": "-2Gi" });
  expect(await statusOf(admin.create(Quotas, refused))).toMatchObject({
    code: 422,
    reason: "Invalid",
    message: `ResourceQuota "most" is invalid: [${line("secrets", "-1")}, ${line("requests.memory", "-2Gi")}]`,
  });
  await admin.create(Quotas, quota({ pods: "0" }));
});
