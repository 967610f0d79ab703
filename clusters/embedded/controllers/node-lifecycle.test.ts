import { expect, test } from "vitest";
import { taintsOf } from "./node-lifecycle.ts";
import type { Node } from "./objects.ts";

const node = (ready: boolean, unschedulable = false): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n" },
  spec: { unschedulable },
  status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const own = { key: "team", value: "a", effect: "NoExecute" };
const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

test("a node that is not ready is tainted, and freed when it is", () => {
  expect(taintsOf(node(false), [own])).toEqual([own, notReady]);
  expect(taintsOf(node(true), [own, notReady])).toEqual([own]);
});

test("a cordoned node is tainted once", () => {
  const cordoned = taintsOf(node(true, true), []);
  expect(cordoned).toEqual([{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }]);
  expect(taintsOf(node(true, true), cordoned)).toEqual(cordoned);
});
