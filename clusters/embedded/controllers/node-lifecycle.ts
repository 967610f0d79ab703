import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { Nodes } from "../../../kube/resources.ts";
import { keyOf, type StartController } from "./context.ts";
import type { Node } from "./objects.ts";
import { startQueue } from "./queue.ts";

type Taint = { key: string; value?: string; effect: string };

const TTL = "node.alpha.kubernetes.io/ttl";
const NOT_READY = "node.kubernetes.io/not-ready";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

/** Keeps a node's taints in step with its conditions, and its annotation of how long kubelet may keep objects. */
export const startNodeLifecycleController: StartController = async ({ client, clock, log, informer }) => {
  const nodes = await informer(Nodes as Resource<Node>);
  const queue = startQueue({
    name: "node-lifecycle-controller",
    clock,
    log,
    workers: 2,
    reconcile: async (name) => {
      const node = nodes.get(name);
      if (node === undefined || node.metadata.deletionTimestamp !== undefined) return;
      const known = node.spec?.taints ?? [];
      const taints = taintsOf(node, known);
      const isMarked = node.metadata.annotations?.[TTL] !== undefined;
      if (isMarked && sameTaints(known, taints)) return;
      await client
        .update(Nodes as Resource<Node>, {
          ...node,
          metadata: { ...node.metadata, annotations: { ...node.metadata.annotations, [TTL]: "0" } },
          spec: { ...node.spec, taints },
        })
        .catch((error: unknown) => {
          if (!isKubeStatus(error, "NotFound")) throw error;
        });
    },
  });
  nodes.onEvent(({ type, object }) => {
    if (type !== "DELETED") queue.add(keyOf(object));
  });
  return queue;
};

/** Taints by condition: everything else is left as it is. */
export function taintsOf(node: Node, known: readonly Taint[]): Taint[] {
  const isReady = (node.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
  const wanted: Taint[] = [
    ...(isReady ? [] : [{ key: NOT_READY, effect: "NoSchedule" }]),
    ...(node.spec?.unschedulable === true ? [{ key: UNSCHEDULABLE, effect: "NoSchedule" }] : []),
  ];
  const isOwn = ({ effect, key }: Taint): boolean =>
    effect === "NoSchedule" && (key === NOT_READY || key === UNSCHEDULABLE);
  const kept = known.filter((taint) => !isOwn(taint) || wanted.some(({ key }) => key === taint.key));
  return [...kept, ...wanted.filter(({ key }) => !kept.some((taint) => isOwn(taint) && taint.key === key))];
}

function sameTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  const text = (taints: readonly Taint[]): string =>
    taints.map(({ effect, key, value }) => `${key}=${value}:${effect}`).join();
  return text(a) === text(b);
}
