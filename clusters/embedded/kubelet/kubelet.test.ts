import { afterEach, expect, test } from "vitest";
import { seconds } from "../../../core/index.ts";
import { Events, Pods, Secrets } from "./resources.ts";
import { oneVolume, Rig } from "./testing/rig.ts";
import type { Pod } from "./types.ts";

const DRIVER = "d.example.com";
let rig: Rig;
afterEach(() => rig[Symbol.asyncDispose]());

async function withDriver(spec: Parameters<Rig["driver"]>[1] = {}): Promise<void> {
  rig = await Rig.start();
  await rig.driver(DRIVER, spec);
  await rig.clock.advance(seconds(3));
}
const steps = (pod: Pod): string[] =>
  rig.calls
    .filter(({ request }) => String(request["targetPath"]).includes(pod.metadata.uid))
    .map(({ method, code }) => `${method} ${code}`);
const live = (pod: Pod): Promise<Pod> => rig.client.get(Pods, pod.metadata.name, "ns");

test("a volume is published before its container runs, seen in it, and unpublished when the pod is deleted", async () => {
  await withDriver();
  const pod = await rig.pod("p", oneVolume(DRIVER));
  await rig.clock.advance(seconds(5));
  expect((await live(pod)).status?.phase).toBe("Running");
  const files = await rig.kubelet.readFiles(pod.metadata.uid, "c", "/mnt/v");
  expect(files?.map(({ path, content }) => `${path} ${content}`)).toEqual([
    "/mnt/v/publish-count 1",
    "/mnt/v/secret value 1",
  ]);
  await rig.client.delete(Pods, { name: "p", namespace: "ns" });
  await rig.clock.advance(seconds(5));
  expect(await rig.client.find(Pods, "p", "ns")).toBeUndefined();
  expect(steps(pod)).toEqual(["NodePublishVolume OK", "NodeUnpublishVolume OK"]);
});

test("with requiresRepublish it is published again with each sync, 60 to 90 seconds apart", async () => {
  await withDriver({ requiresRepublish: true });
  const pod = await rig.pod("p", oneVolume(DRIVER));
  await rig.clock.advance(seconds(600));
  const late = rig.callsOf("NodePublishVolume", pod).filter(({ at }) => at - rig.clock.now() > -seconds(580));
  const gaps = late.slice(1).map(({ at }, index) => at - (late[index]?.at ?? 0));
  expect(gaps.length).toBeGreaterThanOrEqual(5);
  for (const gap of gaps) expect(gap).toSatisfy((ms: number) => ms >= 60_000 && ms <= 91_000);
});

test("a failing publish is tried again after 0.5, 1, 2, 4 seconds, with one event that counts", async () => {
  await withDriver();
  const pod = await rig.pod("p", oneVolume(DRIVER, { pub: "fail:INTERNAL*4,ok" }));
  await rig.clock.advance(seconds(12));
  const at = rig.callsOf("NodePublishVolume", pod).map((call) => call.at);
  expect(at.slice(1).map((t, index) => t - (at[index] ?? 0))).toEqual([500, 1000, 2000, 4000]);
  const events = await rig.client.list(Events, { namespace: "ns" });
  const failed = events.items.filter((event) => event["reason"] === "FailedMount");
  expect(failed.map((event) => [event["count"], event["message"]])).toEqual([
    [4, 'MountVolume.SetUp failed for volume "v" : rpc error: code = Internal desc = told to fail with INTERNAL'],
  ]);
  expect((await live(pod)).status?.phase).toBe("Running");
});

test("a container that needs a Secret which is not there waits in CreateContainerConfigError, volumes mounted", async () => {
  await withDriver();
  const env = [{ name: "K", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }];
  const base = oneVolume(DRIVER) as { containers: object[] };
  const pod = await rig.pod("p", { ...base, containers: [{ ...base.containers[0], env }] });
  await rig.clock.advance(seconds(8));
  expect((await live(pod)).status?.containerStatuses?.[0]?.state).toEqual({
    waiting: { reason: "CreateContainerConfigError", message: 'secret "s" not found' },
  });
  expect(steps(pod)).toEqual(["NodePublishVolume OK"]);
  const data = { k: Buffer.from("v").toString("base64") };
  await rig.client.create(Secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace: "ns" },
    data,
  });
  await rig.clock.advance(seconds(17));
  expect((await live(pod)).status?.phase).toBe("Running");
  expect(rig.runtime.envOf(pod.metadata.uid, "c")?.get("K")).toBe("v");
});

test("a kubelet that starts anew publishes on the mounts it finds, and unpublishes what nobody wants", async () => {
  await withDriver();
  const stays = await rig.pod("stays", oneVolume(DRIVER));
  const goes = await rig.pod("goes", oneVolume(DRIVER));
  await rig.clock.advance(seconds(5));
  await rig.stopKubelet();
  await rig.client.delete(Pods, { name: "goes", namespace: "ns" }, { gracePeriodSeconds: 0 });
  await rig.startKubelet();
  await rig.clock.advance(seconds(10));
  expect(steps(stays)).toEqual(["NodePublishVolume OK", "NodePublishVolume OK"]);
  expect(steps(goes)).toEqual(["NodePublishVolume OK", "NodeUnpublishVolume OK"]);
  expect((await live(stays)).status?.containerStatuses?.[0]?.restartCount).toBe(0);
});

test("with nothing to do the clock has nothing to do", async () => {
  await withDriver();
  const before = rig.clock.nextDue();
  expect(before).toBeUndefined();
});
