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
const NOW = "2026-01-01T00:00:00Z";
const own = { key: "team", value: "a", effect: "NoExecute" };
const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

test("a node that is not ready is tainted, and freed when it is", () => {
  expect(taintsOf(node(false), [own], NOW)).toEqual([own, { ...notReady, timeAdded: NOW }]);
  expect(taintsOf(node(true), [own, notReady], NOW)).toEqual([own]);
});

test("a node that has said nothing is not tainted, one that is lost is", () => {
  const silent = { ...node(true), status: {} };
  expect(taintsOf(silent, [notReady], NOW)).toEqual([]);
  const lost: Node = { ...silent, status: { conditions: [{ type: "Ready", status: "Unknown" }] } };
  expect(taintsOf(lost, [], NOW)).toEqual([
    { key: "node.kubernetes.io/unreachable", effect: "NoSchedule", timeAdded: NOW },
  ]);
});

test("a cordoned node is tainted once", () => {
  const cordoned = taintsOf(node(true, true), [], NOW);
  expect(cordoned).toEqual([{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule", timeAdded: NOW }]);
  expect(taintsOf(node(true, true), cordoned, NOW)).toEqual(cordoned);
});
