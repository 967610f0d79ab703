import type { Resource } from "../../../kube/client.ts";
import { DaemonSets, Nodes } from "../../../kube/resources.ts";
import type { StartController } from "./context.ts";
import { type DaemonSet, isActive, isFinished, isReady, type Node, type Pod, type Toleration } from "./objects.ts";
import { podFromTemplate } from "./owned-pods.ts";
import { startPodSetController } from "./pod-set.ts";
import { refusalOf } from "./scheduler.ts";
import { hashOf } from "./template-hash.ts";

const REVISION = "controller-revision-hash";

/** Keeps one pod on each node that takes it (kube-controller-manager, daemonset controller). */
export const startDaemonSetController: StartController = async (context) => {
  const nodes = await context.informer(Nodes as Resource<Node>);
  const controller = await startPodSetController(context, {
    component: "daemonset-controller",
    kind: "DaemonSet",
    resource: DaemonSets as Resource<DaemonSet>,
    keep: async (set, owned, { create, remove }) => {
      const revision = hashOf(set.spec.template);
      const plan = planDaemonSet(set, owned, nodes.list(), revision);
      if (set.metadata.deletionTimestamp === undefined) {
        for (const node of plan.create) await create(podOf(set, node, revision), (name) => `Created pod: ${name}`);
        for (const pod of plan.remove) await remove(pod, (name) => `Deleted pod: ${name}`);
      }
      return statusOf(set, owned, plan.wanted, revision);
    },
  });
  nodes.onEvent(({ old, object }) => {
    const traits = ({ metadata, spec }: Node): string => JSON.stringify([metadata.labels, spec]);
    if (old !== undefined && traits(old) === traits(object)) return;
    for (const set of controller.sets.list()) controller.look(set);
  });
  return controller;
};

export type DaemonSetPlan = {
  /** Names of the nodes that are to have a pod. */
  readonly wanted: ReadonlySet<string>;
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
};

/** Which nodes lack their pod and which pods are too many or too old. Pure. */
export function planDaemonSet(
  set: DaemonSet,
  owned: readonly Pod[],
  nodes: readonly Node[],
  revision: string,
): DaemonSetPlan {
  const trial = podOf(set, "", revision);
  const wanted = new Set(
    nodes
      .filter((node) => refusalOf(aimed(trial, node.metadata.name ?? ""), node) === undefined)
      .map((node) => node.metadata.name ?? ""),
  );
  const byNode = new Map<string, Pod[]>();
  for (const pod of owned) byNode.set(nodeOf(pod), [...(byNode.get(nodeOf(pod)) ?? []), pod]);
  const remove: Pod[] = [];
  for (const [node, list] of byNode) {
    const live = list.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const surplus = wanted.has(node) ? live.filter((pod, index) => index > 0 || isFinished(pod)) : live;
    remove.push(...surplus);
  }
  const create = [...wanted].filter((node) => (byNode.get(node) ?? []).length === 0);
  if (set.spec.updateStrategy?.type === "OnDelete" || create.length + remove.length > 0)
    return { wanted, create, remove };
  const limit = maxUnavailable(set, wanted.size);
  const active = owned.filter(isActive);
  const old = active.filter((pod) => pod.metadata.labels?.[REVISION] !== revision);
  const ready = active.filter(isReady).length;
  // What is not ready keeps nothing up: it goes first and counts for nothing.
  const room = Math.max(0, limit - (wanted.size - ready));
  const broken = old.filter((pod) => !isReady(pod));
  return { wanted, create, remove: [...broken, ...old.filter(isReady).slice(0, room)] };
}

function maxUnavailable(set: DaemonSet, count: number): number {
  const value = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  return typeof value === "number" ? value : Math.max(1, Math.ceil((Number.parseInt(value, 10) / 100) * count));
}

/** The node a pod runs on, or is aimed at. */
function nodeOf(pod: Pod): string {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms?.[0]?.matchFields?.[0]?.values?.[0] ?? "";
}

/** What every node of the cluster is to be given in spite of (daemonset controller, AddOrUpdateDaemonPodTolerations). */
const TOLERATIONS: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];

function podOf(set: DaemonSet, node: string, revision: string): Pod {
  const owner = { apiVersion: "apps/v1", kind: "DaemonSet", object: set };
  const labels = { [REVISION]: revision, "pod-template-generation": String(set.metadata.generation ?? 1) };
  return aimed(podFromTemplate(set.spec.template, owner, { generateName: `${set.metadata.name}-`, labels }), node);
}

/** The scheduler binds it, to this node and no other. */
function aimed(pod: Pod, node: string): Pod {
  const matchFields = [{ key: "metadata.name", operator: "In", values: [node] }];
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const nodeSelectorTerms = terms.length === 0 ? [{ matchFields }] : terms.map((term) => ({ ...term, matchFields }));
  const known = pod.spec.tolerations ?? [];
  const missing = TOLERATIONS.filter(
    ({ key, effect }) => !known.some((one) => one.key === key && one.effect === effect),
  );
  return {
    ...pod,
    spec: {
      ...pod.spec,
      affinity: {
        ...pod.spec.affinity,
        nodeAffinity: {
          ...pod.spec.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
        },
      },
      tolerations: [...known, ...missing],
    },
  };
}

function statusOf(
  set: DaemonSet,
  owned: readonly Pod[],
  wanted: ReadonlySet<string>,
  revision: string,
): Record<string, unknown> {
  const active = owned.filter(isActive);
  const placed = active.filter((pod) => wanted.has(nodeOf(pod)));
  const ready = placed.filter(isReady).length;
  const updated = placed.filter((pod) => pod.metadata.labels?.[REVISION] === revision).length;
  const unavailable = wanted.size - ready;
  return {
    currentNumberScheduled: new Set(placed.map(nodeOf)).size,
    numberMisscheduled: active.length - placed.length,
    desiredNumberScheduled: wanted.size,
    numberReady: ready,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    ...(updated > 0 && { updatedNumberScheduled: updated }),
    ...(ready > 0 && { numberAvailable: ready }),
    ...(unavailable > 0 && { numberUnavailable: unavailable }),
  };
}
