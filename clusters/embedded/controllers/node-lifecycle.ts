import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { startEventRecorder } from "../../../kube/events.ts";
import { Nodes } from "../../../kube/resources.ts";
import { apiTime, keyOf, type StartController } from "./context.ts";
import type { Node } from "./objects.ts";
import { startQueue } from "./queue.ts";

type Taint = { key: string; value?: string; effect: string; timeAdded?: string };

const TTL = "node.alpha.kubernetes.io/ttl";
const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
const OWN = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE]);

/** Keeps a node's taints in step with its conditions, and its annotation of how long kubelet may keep objects. */
export const startNodeLifecycleController: StartController = async ({ client, clock, log, informer }) => {
  const nodes = await informer(Nodes as Resource<Node>);
  const events = startEventRecorder({ client, clock, log, component: "node-controller" });
  const queue = startQueue({
    name: "node-lifecycle-controller",
    clock,
    log,
    workers: 2,
    reconcile: async (name) => {
      const node = nodes.get(name);
      if (node === undefined || node.metadata.deletionTimestamp !== undefined) return;
      const known = node.spec?.taints ?? [];
      const taints = taintsOf(node, known, apiTime(clock.now()));
      const isMarked = node.metadata.annotations?.[TTL] !== undefined;
      if (isMarked && sameTaints(known, taints)) return;
      // A patch: kubelet writes to its node at the same time, and the two need not wait for each other.
      const patch = {
        metadata: { annotations: { [TTL]: "0" } },
        spec: { taints: taints.length === 0 ? null : taints },
      };
      await client.patch(Nodes as Resource<Node>, { name }, "merge", patch).catch((error: unknown) => {
        if (!isKubeStatus(error, "NotFound")) throw error;
      });
    },
  });
  const known = new Set<string>();
  nodes.onEvent(({ type, object }) => {
    const { name = "", uid = "" } = object.metadata;
    if (type === "DELETED") return void known.delete(uid);
    if (!known.has(uid)) {
      known.add(uid);
      events.record(object, "Normal", "RegisteredNode", `Node ${name} event: Registered Node ${name} in Controller`);
    }
    queue.add(keyOf(object));
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
};

/** Taints by condition: everything else is left as it is. */
export function taintsOf(node: Node, known: readonly Taint[], now: string): Taint[] {
  // A node that has said nothing yet is not tainted for it: the scheduler passes it by anyway.
  const ready = (node.status?.conditions ?? []).find(({ type }) => type === "Ready")?.status;
  const wanted: Taint[] = [
    ...(ready === "False" ? [{ key: NOT_READY, effect: "NoSchedule" }] : []),
    ...(ready === "Unknown" ? [{ key: UNREACHABLE, effect: "NoSchedule" }] : []),
    ...(node.spec?.unschedulable === true ? [{ key: UNSCHEDULABLE, effect: "NoSchedule" }] : []),
  ];
  const isOwn = ({ effect, key }: Taint): boolean => effect === "NoSchedule" && OWN.has(key);
  const kept = known.filter((taint) => !isOwn(taint) || wanted.some(({ key }) => key === taint.key));
  const added = wanted.filter(({ key }) => !kept.some((taint) => isOwn(taint) && taint.key === key));
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: now }))];
}

function sameTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  const text = (taints: readonly Taint[]): string =>
    taints.map(({ effect, key, value }) => `${key}=${value}:${effect}`).join();
  return text(a) === text(b);
}
