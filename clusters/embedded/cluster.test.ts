import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, seconds, seededRandom, VirtualClock } from "../../core/index.ts";
import { CSIDrivers, Deployments, Namespaces, Nodes, Pods, ServiceAccounts } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import type { Launcher } from "../cluster.ts";
import { EmbeddedCluster, type RunningEmbeddedCluster } from "./index.ts";
import { type DriverCall, RecordedDriver } from "./kubelet/testing/recorded-driver.ts";
import { oneVolume } from "./kubelet/testing/rig.ts";

const DRIVER = "d.example.com";
let clock: VirtualClock;
let cluster: RunningEmbeddedCluster;
let calls: DriverCall[];
beforeEach(async () => {
  clock = new VirtualClock();
  calls = [];
  cluster = await new EmbeddedCluster({ clock, nodes: 2, mounts: "plain", random: seededRandom(3) }).start();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const launch: Launcher = async ({ node }) => {
  const driver = new RecordedDriver({ clock, paths: node.paths, name: DRIVER, flags: new Map(), calls });
  await driver.start();
  return driver;
};
const manifests: KubeObject[] = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "driver", namespace: "kube-system" } },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIDriver",
    metadata: { name: DRIVER },
    spec: { attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: ["Ephemeral"] },
  },
];
const part = { name: "driver", namespace: "kube-system", serviceAccount: "driver", launch };

async function withDriver(): Promise<void> {
  await cluster.apply(manifests);
  await cluster.launch(part);
  await clock.advance(seconds(2));
}

test("its nodes are Ready, and the default ServiceAccount is there", async () => {
  const { items } = await cluster.admin.list(Nodes);
  const ready = items.map(({ metadata, status }) => {
    const { conditions } = status as { conditions: { type: string; status: string }[] };
    return `${metadata.name} ${conditions.find(({ type }) => type === "Ready")?.status}`;
  });
  expect(ready).toEqual(["node-0 True", "node-1 True"]);
  await clock.settle();
  expect(await cluster.admin.find(ServiceAccounts, "default", "default")).toBeDefined();
});

test("a Deployment's pods are scheduled, mounted, run and seen as containers see them", async () => {
  await withDriver();
  const labels = { app: "a" };
  await cluster.admin.create(Deployments, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "app", namespace: "default" },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: oneVolume(DRIVER) },
    },
  });
  const running = async (): Promise<KubeObject[]> =>
    (await cluster.admin.list(Pods, { namespace: "default" })).items.filter(
      ({ status }) => (status as { phase?: string } | undefined)?.phase === "Running",
    );
  expect(await cluster.until(async () => (await running()).length === 2, seconds(30))).toBe(true);
  const pods = await running();
  expect(new Set(pods.map(({ spec }) => (spec as { nodeName: string }).nodeName))).toEqual(
    new Set(["node-0", "node-1"]),
  );
  const files = await cluster.readFiles({ namespace: "default", name: pods[0]?.metadata.name ?? "" }, "/mnt/v");
  expect(files.map(({ path }) => path)).toEqual(["/mnt/v/publish-count", "/mnt/v/secret"]);
  await clock.settle();
  const deployment = await cluster.admin.get(Deployments, "app", "default");
  expect(deployment["status"]).toMatchObject({ readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2 });
});

test("deleting a namespace takes its pods and their volumes along", async () => {
  await withDriver();
  await cluster.admin.create(Namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "gone" } });
  await clock.settle();
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "gone" }, spec: oneVolume(DRIVER) };
  await cluster.admin.create(Pods, pod);
  await clock.advance(seconds(5));
  await cluster.admin.delete(Namespaces, { name: "gone" });
  expect(
    await cluster.until(async () => (await cluster.admin.find(Namespaces, "gone")) === undefined, seconds(60)),
  ).toBe(true);
  const methods = calls.filter(({ method }) => /Publish|Unpublish/.test(method)).map(({ method }) => method);
  expect(methods).toEqual(["NodePublishVolume", "NodeUnpublishVolume"]);
});

test("what does not run is named, with why", async () => {
  await cluster.admin.create(CSIDrivers, manifests[1] as KubeObject);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default" }, spec: oneVolume(DRIVER) };
  await clock.settle();
  await cluster.admin.create(Pods, pod);
  await clock.advance(seconds(3));
  await expect(cluster.readFiles({ namespace: "default", name: "p" }, "/mnt/v")).rejects.toThrow(
    'container "c" of pod "default/p" does not run: ContainerCreating',
  );
});

test("a pod's projected ServiceAccount volume holds a token that the API server accepts", async () => {
  await clock.settle();
  const spec = { containers: [{ name: "c", image: "app" }] };
  await cluster.admin.create(Pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec,
  });
  await clock.advance(seconds(5));
  const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  const files = await cluster.readFiles({ namespace: "default", name: "p" }, folder);
  expect(files.map(({ path }) => path)).toEqual([`${folder}/ca.crt`, `${folder}/namespace`, `${folder}/token`]);
});

test("it runs on the real clock, too", async () => {
  const real = new RealClock();
  await using other = await new EmbeddedCluster({ clock: real, nodes: 1, mounts: "plain" }).start();
  expect(
    await other.until(
      async () => (await other.admin.find(ServiceAccounts, "default", "default")) !== undefined,
      seconds(5),
    ),
  ).toBe(true);
});

test("what is mounted on a node reaches a program that has mounts of its own", async ({ skip }) => {
  await using mounted = await new EmbeddedCluster({ clock, random: seededRandom(4) }).start();
  const { mounts } = mounted;
  if (!mounts.isReal) skip("mount(2) is refused on this machine");
  const target = join(mounted.node().paths.kubeletRoot, "pods", "target");
  await mkdir(target, { recursive: true });
  // As a provider is started beside the node; it waits for the mount and writes there.
  const script = 'echo ready; read -r _; echo value > "$0/file"; echo written';
  const slave = ["--mount", "--propagation", "slave", "/bin/sh", "-c", script, target];
  const program = spawn("unshare", slave, { stdio: ["pipe", "pipe", "inherit"] });
  const said = program.stdout[Symbol.asyncIterator]();
  await said.next();
  mounts.bind(await mkdtemp(join(mounted.node().paths.kubeletRoot, "mounted-")), target);
  try {
    program.stdin.end("\n");
    await said.next();
    expect(await readFile(join(target, "file"), "utf8")).toBe("value\n");
  } finally {
    mounts.unmount(target, { detach: true });
  }
  expect(existsSync(join(target, "file"))).toBe(false);
});
