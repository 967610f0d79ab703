import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Scope, VirtualClock } from "../../../../core/index.ts";
import {
  ConfigMaps,
  createKubeClient,
  type KubeClient,
  type KubeObject,
  Namespaces,
  SecretProviderClasses,
  Secrets,
  ServiceAccounts,
} from "../../../../kube/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "../index.ts";

const ISSUER = "https://issuer.example";
let folder: string;
let scope: Scope;
let api: RunningApiServer;
let admin: KubeClient;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mp-state-"));
  await start();
});
afterEach(async () => {
  await scope[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  scope = new Scope("test");
  const clock = new VirtualClock(Date.parse("2026-01-02T03:04:05Z"));
  api = scope.use(await new EmbeddedApiServer({ clock, stateFolder: folder, issuer: ISSUER }).start());
  admin = scope.use(createKubeClient(api.adminConfig, { clock }));
}

async function restart(): Promise<void> {
  await scope[Symbol.asyncDispose]();
  await start();
}

const map = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data,
});

test("objects come back with their uids, versions, owners of fields and all", async () => {
  const made = await admin.create(ConfigMaps, map("a", { key: "value" }));
  const gone = await admin.create(ConfigMaps, map("gone"));
  await admin.update(ConfigMaps, { ...made, data: { key: "changed" } });
  await admin.delete(ConfigMaps, { name: "gone", namespace: "default" });
  const before = await admin.get(ConfigMaps, "a", "default");
  await restart();
  expect(await admin.get(ConfigMaps, "a", "default")).toEqual(before);
  expect(await admin.find(ConfigMaps, "gone", "default")).toBeUndefined();
  const next = await admin.create(ConfigMaps, map("b"));
  expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(gone.metadata.resourceVersion) + 2);
});

test("a version is never given out twice, also where the newest write was a deletion", async () => {
  await admin.create(ConfigMaps, map("a"));
  await admin.delete(ConfigMaps, { name: "a", namespace: "default" });
  const { version } = api.context.store;
  await restart();
  expect(api.context.store.version).toBe(version);
  await restart();
  expect(api.context.store.version).toBe(version);
});

test("what every cluster holds is not made anew", async () => {
  const { uid } = (await admin.get(Namespaces, "default")).metadata;
  await restart();
  expect((await admin.get(Namespaces, "default")).metadata.uid).toBe(uid);
});

test("kinds of definitions are served again, with their objects", async () => {
  const spc = { apiVersion: "secrets-store.csi.x-k8s.io/v1", kind: "SecretProviderClass" };
  await admin.create(SecretProviderClasses, {
    ...spc,
    metadata: { name: "app", namespace: "default" },
    spec: { provider: "vault" },
  });
  await restart();
  expect((await admin.get(SecretProviderClasses, "app", "default")).spec).toEqual({ provider: "vault" });
});

test("tokens from before are good afterwards", async () => {
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "app", namespace: "default" } };
  await admin.create(ServiceAccounts, account);
  const request = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name: "app", namespace: "default" },
    spec: {},
  };
  const made = await admin.create(ServiceAccounts, request, { subresource: "token" });
  const { token } = made["status"] as { token: string };
  await restart();
  const own = scope.use(
    createKubeClient({ ...api.adminConfig, credentials: { kind: "token", token } }, { clock: api.context.clock }),
  );
  expect((await own.raw("GET", "/api/v1/namespaces/default/configmaps")).status).toBe(403); // known, and without rights
});

test("a watch from before the restart is told to list again", async () => {
  const { metadata } = await admin.create(ConfigMaps, map("a"));
  await admin.create(ConfigMaps, map("b"));
  await restart();
  const path = `/api/v1/configmaps?watch=true&resourceVersion=${metadata.resourceVersion}`;
  expect((await admin.raw("GET", path)).status).toBe(410);
});

test("a line that a crash cut off was never written; the file is its owner's alone", async () => {
  await admin.create(Secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace: "default" },
    data: { a: "eA==" },
  });
  await scope[Symbol.asyncDispose]();
  const file = join(folder, "objects.ndjson");
  appendFileSync(file, '{"t":"/configmaps","k":"default/half","v":99999,"o":{"apiVer');
  await start();
  expect(await admin.find(Secrets, "s", "default")).toBeDefined();
  expect(await admin.find(ConfigMaps, "half", "default")).toBeUndefined();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).not.toContain("half");
});

test("a file that somebody changed is refused by its line", async () => {
  await scope[Symbol.asyncDispose]();
  appendFileSync(join(folder, "objects.ndjson"), "nonsense\n");
  await expect(start()).rejects.toMatchObject({
    code: "environment",
    message: expect.stringContaining("objects.ndjson"),
  });
});
