import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RealClock, Scope, seconds, VirtualClock } from "../../core/index.ts";
import { ConfigMaps, CSIDrivers, Deployments, Events, Namespaces, Nodes, Pods } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import type { RunningEmbeddedCluster } from "../embedded/index.ts";
import { type DriverCall, RecordedDriver } from "../embedded/kubelet/testing/recorded-driver.ts";
import { oneVolume } from "../embedded/kubelet/testing/rig.ts";
import { ApiServerCluster, findAssets } from "./index.ts";

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
