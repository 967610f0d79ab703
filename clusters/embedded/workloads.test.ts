import { afterEach, beforeEach, expect, test } from "vitest";
import { seconds, seededRandom, VirtualClock } from "../../core/index.ts";
import { DaemonSets, Pods, StatefulSets } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import { EmbeddedCluster, type RunningEmbeddedCluster } from "./index.ts";

let clock: VirtualClock;
let cluster: RunningEmbeddedCluster;
beforeEach(async () => {
  clock = new VirtualClock();
  cluster = await new EmbeddedCluster({ clock, nodes: 2, mounts: "plain", random: seededRandom(3) }).start();
  await clock.settle();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const labels = { app: "a" };
const spec = {
  selector: { matchLabels: labels },
  template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "app" }] } },
};
const pods = async (): Promise<string[]> =>
  (await cluster.admin.list(Pods, { namespace: "default" })).items
    .filter(({ status }) => (status as { phase?: string } | undefined)?.phase === "Running")
    .map(({ metadata, spec: pod }) => `${metadata.name} ${(pod as { nodeName: string }).nodeName}`)
    .sort();

test("a StatefulSet's pods come one after the other, by number", async () => {
  const metadata = { name: "s", namespace: "default" };
  const set: KubeObject = { apiVersion: "apps/v1", kind: "StatefulSet", metadata, spec: { ...spec, replicas: 2 } };
  await cluster.admin.create(StatefulSets, set);
  expect(await cluster.until(async () => (await pods()).length === 1, seconds(20))).toBe(true);
  expect(await pods()).toEqual([expect.stringMatching(/^s-0 /)]);
  expect(await cluster.until(async () => (await pods()).length === 2, seconds(20))).toBe(true);
  await clock.settle();
  const made = await cluster.admin.get(StatefulSets, "s", "default");
  expect(made["status"]).toMatchObject({ replicas: 2, readyReplicas: 2, updatedReplicas: 2 });
});

test("a DaemonSet has one pod on each node", async () => {
  const metadata = { name: "d", namespace: "default" };
  await cluster.admin.create(DaemonSets, { apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec });
  expect(await cluster.until(async () => (await pods()).length === 2, seconds(20))).toBe(true);
  expect((await pods()).map((pod) => pod.split(" ")[1]).sort()).toEqual(["node-0", "node-1"]);
});
