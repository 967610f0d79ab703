import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RealClock, Scope, seconds, silentLog, VirtualClock } from "../../core/index.ts";
import { createKubeClient } from "../../kube/index.ts";
import { ConfigMaps, CSIDrivers, Deployments, Events, Namespaces, Nodes, Pods } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import type { RunningEmbeddedCluster } from "../embedded/index.ts";
import { type DriverCall, RecordedDriver } from "../embedded/kubelet/testing/recorded-driver.ts";
import { oneVolume } from "../embedded/kubelet/testing/rig.ts";
import { ApiServerCluster, ApiServerPool, findAssets } from "./index.ts";

const DRIVER = "d.example.com";
const assets = findAssets(process.env);

test("programs are found as envtest finds them, and what is missing is said", () => {
  const folder = { KUBEBUILDER_ASSETS: "/nowhere" };
  expect(findAssets({})).toContain("set KUBEBUILDER_ASSETS");
  expect(findAssets(folder)).toBe('"/nowhere/kube-apiserver" is no program');
  const named = { TEST_ASSET_KUBE_APISERVER: process.execPath, TEST_ASSET_ETCD: process.execPath };
  expect(findAssets({ ...folder, ...named })).toEqual({ kubeApiserver: process.execPath, etcd: process.execPath });
});

test("a virtual clock is refused", async () => {
  const cluster = new ApiServerCluster({ clock: new VirtualClock(), assets: { kubeApiserver: "/x", etcd: "/x" } });
  await expect(cluster.start()).rejects.toMatchObject({ code: "invalid_config" });
});

test("a program that is none is named, with what it said, and nothing stays", async () => {
  const cluster = new ApiServerCluster({
    clock: new RealClock(),
    nodes: 0,
    assets: { kubeApiserver: process.execPath, etcd: process.execPath },
  });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "environment",
    message: expect.stringContaining("etcd ended with 9 before it was ready"),
  });
});

describe.skipIf(typeof assets === "string")("controllers and kubelets over a real kube-apiserver", () => {
  const clock = new RealClock();
  const calls: DriverCall[] = [];
  let scope: Scope;
  let cluster: RunningEmbeddedCluster;

  beforeAll(async () => {
    scope = new Scope("test");
    if (typeof assets === "string") return;
    const started = await new ApiServerCluster({ clock, assets, nodes: 2, mounts: "plain" }).start();
    cluster = scope.use(started);
    const account = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "driver", namespace: "kube-system" },
    };
    await cluster.apply([
      account,
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "CSIDriver",
        metadata: { name: DRIVER },
        spec: { attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: ["Ephemeral"] },
      },
    ]);
    await cluster.launch({
      name: "driver",
      namespace: "kube-system",
      serviceAccount: "driver",
      launch: async ({ node }) => {
        const driver = new RecordedDriver({ clock, paths: node.paths, name: DRIVER, flags: new Map(), calls });
        await driver.start();
        return driver;
      },
    });
  }, 180_000);
  afterAll(() => scope[Symbol.asyncDispose](), 60_000);

  test("nodes are Ready, and what it cannot do it says", async () => {
    const { items } = await cluster.admin.list(Nodes);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["node-0", "node-1"]);
    expect(cluster.kind).toBe("apiserver");
    expect(cluster.missing.get("virtualTime")).toBe("the cluster runs on the real clock");
    expect(cluster.missing.has("syntheticFaults")).toBe(true);
    expect(() => cluster.compact()).toThrow("the apiserver backend has no");
  });

  test("a Deployment's pods are scheduled, mounted and run, and its namespace empties", async () => {
    await cluster.admin.create(Namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } });
    const labels = { app: "a" };
    const volume = oneVolume(DRIVER);
    const deployment: KubeObject = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "app", namespace: "app" },
      spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: volume } },
    };
    await cluster.until(
      async () => (await cluster.admin.list(ConfigMaps, { namespace: "app" })).items.length > 0,
      seconds(60),
    );
    await cluster.admin.create(Deployments, deployment as never);
    const running = async (): Promise<number> =>
      (await cluster.admin.list(Pods, { namespace: "app" })).items.filter(
        (pod) => (pod as { status?: { phase?: string } }).status?.phase === "Running",
      ).length;
    expect(await cluster.until(async () => (await running()) === 2, seconds(90))).toBe(true);
    expect(calls.filter(({ method }) => method === "NodePublishVolume").length).toBeGreaterThanOrEqual(2);
    const { items } = await cluster.admin.list(Events, { namespace: "app" });
    expect(items.map((event) => event["reason"])).toContain("Scheduled");
    await cluster.admin.delete(Namespaces, { name: "app" });
    const isGone = async (): Promise<boolean> => (await cluster.admin.find(Namespaces, "app")) === undefined;
    expect(await cluster.until(isGone, seconds(90))).toBe(true);
    expect(await cluster.admin.find(CSIDrivers, DRIVER)).toBeDefined();
  }, 300_000);
});

describe.skipIf(typeof assets === "string")("a kube-apiserver that is used again", () => {
  let scope: Scope;
  let pool: ApiServerPool;
  beforeAll(() => {
    scope = new Scope("test");
    if (typeof assets === "string") return;
    const makeFolder = async (own: Scope): Promise<string> => {
      const folder = await mkdtemp(join(tmpdir(), "mp-real-"));
      own.defer("folder", () => rm(folder, { recursive: true, force: true }));
      return folder;
    };
    pool = scope.use(new ApiServerPool({ assets, clock: new RealClock(), log: silentLog, makeFolder }));
  });
  afterAll(() => scope[Symbol.asyncDispose](), 60_000);

  test("is as it was when it started, and nobody has one together with another", async () => {
    const first = await pool.take();
    await using admin = createKubeClient(first.adminConfig, { clock: new RealClock() });
    const statusOf = async (path: string): Promise<number> => (await admin.raw("GET", path)).status;
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const crd = `${definitions}/secretproviderclasses.secrets-store.csi.x-k8s.io`;
    const role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:basic-user";
    const rulesOf = async (): Promise<unknown> =>
      (JSON.parse((await admin.raw("GET", role)).body) as { rules?: unknown }).rules;
    const rules = await rulesOf();
    await admin.create(Namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "left" } });
    await admin.raw("DELETE", crd);
    await admin.raw("PATCH", role, {
      body: { rules: [] },
      contentType: "application/merge-patch+json",
    });
    expect(await rulesOf()).not.toEqual(rules);
    const other = await pool.take();
    expect(other.url).not.toBe(first.url);
    await first[Symbol.asyncDispose]();
    const again = await pool.take();
    expect(again.url).toBe(first.url);
    expect(await statusOf("/api/v1/namespaces/left")).toBe(404);
    expect(await statusOf(crd)).toBe(200);
    expect(await statusOf("/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses")).toBe(200);
    expect(await rulesOf()).toEqual(rules);
    await again[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  }, 300_000);
});
