import { expect, test } from "vitest";
import type { Node, Pod } from "./objects.ts";
import { chooseNode, type Places } from "./scheduler.ts";

const node = (name: string, more: Partial<Node> = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/hostname": name } },
  status: { conditions: [{ type: "Ready", status: "True" } as never] },
  ...more,
});
const pod = (spec: Pod["spec"] = {}, labels: Record<string, string> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "default", uid: "p", labels },
  spec,
});
const places = (loads: Record<string, number>, pods: Pod[] = []): Places => ({
  load: (name) => loads[name] ?? 0,
  pods: () => pods,
});

test("the least occupied node that takes the pod wins, of equals the first by name", () => {
  const nodes = [node("c"), node("b"), node("a")];
  expect(chooseNode(pod(), nodes, places({ a: 2, b: 1, c: 1 }))).toEqual({ node: "b" });
  expect(chooseNode(pod(), nodes, places({}))).toEqual({ node: "a" });
});

test("every reason is counted in the real scheduler's words", () => {
  const nodes = [
    node("a", { spec: { unschedulable: true } }),
    node("b", { spec: { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] } }),
    node("c", { status: {} }),
    node("d"),
  ];
  const { reason } = chooseNode(pod({ nodeSelector: { disk: "ssd" } }), nodes, places({})) as { reason: string };
  expect(reason).toBe(
    "0/4 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {k: v}, 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, 1 node(s) were unschedulable. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
  );
});

test("a taint that only prefers keeps nobody away, one that is tolerated neither", () => {
  const nodes = [
    node("a", {
      spec: {
        taints: [
          { key: "soft", effect: "PreferNoSchedule" },
          { key: "k", value: "v", effect: "NoExecute" },
        ],
      },
    }),
  ];
  const tolerations = [{ key: "k", operator: "Equal", value: "v" }];
  expect(chooseNode(pod({ tolerations }), nodes, places({}))).toEqual({ node: "a" });
  expect(chooseNode(pod(), nodes, places({}))).toHaveProperty("reason");
});

test("a pod stays away from nodes where what it avoids will be", () => {
  const term = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "x" } } };
  const picky = pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } });
  const other: Pod = {
    ...pod({ nodeName: "a" }, { app: "x" }),
    metadata: { uid: "o", namespace: "default", labels: { app: "x" } },
  };
  expect(chooseNode(picky, [node("a"), node("b")], places({ b: 5 }, [other]))).toEqual({ node: "b" });
});
