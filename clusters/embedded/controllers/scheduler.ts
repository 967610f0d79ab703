import { type Informer, isKubeStatus, type Resource } from "../../../kube/client.ts";
import { startEventRecorder } from "../../../kube/events.ts";
import { labelOf, meetsRequirement, selects } from "../../../kube/label-selector.ts";
import { Nodes, Pods } from "../../../kube/resources.ts";
import { apiTime, keyOf, type StartController, splitKey } from "./context.ts";
import {
  isActive,
  type Node,
  type NodeSelectorTerm,
  type Pod,
  type PodAffinityTerm,
  type Toleration,
} from "./objects.ts";
import { startQueue } from "./queue.ts";

/** Binds pods to nodes: selectors, affinities, taints, readiness, then the node with the fewest pods. */
export const startScheduler: StartController = async ({ client, clock, log, informer }) => {
  const nodes = await informer(Nodes as Resource<Node>);
  const pods = await informer(Pods as Resource<Pod>);
  const events = startEventRecorder({ client, clock, log, component: "default-scheduler" });
  const places = new PodPlaces(pods);
  const queue = startQueue({
    name: "scheduler",
    clock,
    log,
    // Where a pod goes is decided at once, one after the other; bindings are under way side by side.
    workers: 16,
    reconcile: async (key) => {
      const { name, namespace = "" } = splitKey(key);
      const pod = pods.get(name, namespace);
      if (pod === undefined || !isUnscheduled(pod)) return;
      const decision = chooseNode(pod, nodes.list(), places);
      if ("node" in decision) {
        places.assume(pod, decision.node);
        await client
          .create(
            Pods,
            {
              apiVersion: "v1",
              kind: "Binding",
              metadata: { name, namespace, ...(pod.metadata.uid !== undefined && { uid: pod.metadata.uid }) },
              target: { apiVersion: "v1", kind: "Node", name: decision.node },
            },
            { subresource: "binding" },
          )
          .catch((error: unknown) => {
            if (!pods.get(name, namespace)?.spec.nodeName) places.forget(pod);
            if (!isKubeStatus(error, "NotFound", "Conflict")) throw error; // gone, or bound by somebody else
          });
        events.record(pod, "Normal", "Scheduled", `Successfully assigned ${key} to ${decision.node}`);
        return;
      }
      events.record(pod, "Warning", "FailedScheduling", decision.reason);
      const condition = {
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message: decision.reason,
        lastProbeTime: null,
        lastTransitionTime: apiTime(clock.now()),
      };
      const known = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
      if (known?.message !== decision.reason)
        await client.patch(
          Pods,
          { name, namespace },
          "strategic",
          { status: { conditions: [condition] } },
          { subresource: "status" },
        );
    },
  });
  pods.onEvent(({ type, object }) => {
    if (type !== "DELETED" && isUnscheduled(object)) queue.add(keyOf(object));
  });
  nodes.onEvent(({ type, object, old }) => {
    if (type === "DELETED" || (old !== undefined && JSON.stringify(traits(old)) === JSON.stringify(traits(object))))
      return;
    for (const pod of pods.list()) if (isUnscheduled(pod)) queue.add(keyOf(pod));
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
};

function isUnscheduled(pod: Pod): boolean {
  const scheduler = pod.spec["schedulerName"] ?? "default-scheduler";
  return !pod.spec.nodeName && isActive(pod) && scheduler === "default-scheduler";
}

/** What of a node decides where pods go: its heartbeats do not. */
function traits(node: Node): unknown {
  return [node.metadata.labels, node.spec?.taints, node.spec?.unschedulable, isReadyNode(node)];
}

function isReadyNode(node: Node): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

type Taint = { readonly key: string; readonly value?: string; readonly effect: string };

const UNSCHEDULABLE_TAINT: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
const NOT_READY_TAINT: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** Which pods are where. */
export type Places = {
  /** How many pods a node has that are neither finished nor on their way out. */
  load(node: string): number;
  /** All pods, those that are about to be bound where they will be. */
  pods(): readonly Pod[];
};

/**
 * Where `pod` goes, or why it goes nowhere, in the real scheduler's words. Pure.
 * The least occupied node wins; of equals the first by name.
 */
export function chooseNode(
  pod: Pod,
  nodes: readonly Node[],
  places: Places,
): { readonly node: string } | { readonly reason: string } {
  const refusals = new Map<string, number>();
  let all: readonly Pod[] | undefined;
  const pods = (): readonly Pod[] => {
    all ??= places.pods();
    return all;
  };
  let best: Candidate | undefined;
  for (const node of nodes) {
    const { name = "" } = node.metadata;
    const load = places.load(name);
    const worth = preference(pod, node);
    // A worse one is not worth a look at what it refuses: only where none will do is it told why.
    if (best !== undefined && !isBetter({ name, load, worth }, best)) continue;
    if ((refusalOf(pod, node) ?? podAffinityRefusal(pod, node, nodes, pods)) === undefined)
      best = { name, load, worth };
  }
  if (best !== undefined) return { node: best.name };
  for (const node of nodes) {
    const reason = refusalOf(pod, node) ?? podAffinityRefusal(pod, node, nodes, pods) ?? "";
    refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  }
  if (nodes.length === 0) return { reason: "no nodes available to schedule pods" };
  const reasons = [...refusals].map(([reason, count]) => `${count} ${reason}`).sort();
  return {
    reason: `0/${nodes.length} nodes are available: ${reasons.join(", ")}. preemption: 0/${nodes.length} nodes are available: ${nodes.length} Preemption is not helpful for scheduling.`,
  };
}

type Candidate = { readonly name: string; readonly load: number; readonly worth: number };

function isBetter(one: Candidate, other: Candidate): boolean {
  if (one.worth !== other.worth) return one.worth > other.worth;
  return one.load !== other.load ? one.load < other.load : one.name < other.name;
}

/** Pods by node, kept by their events; our own bindings count before the informer shows them. */
class PodPlaces implements Places {
  readonly #pods: Informer<Pod>;
  readonly #nodeByPod = new Map<string, string>();
  readonly #loads = new Map<string, number>();

  constructor(pods: Informer<Pod>) {
    this.#pods = pods;
    pods.onEvent(({ type, object }) => {
      if (type === "DELETED" || !isActive(object)) this.forget(object);
      else if (object.spec.nodeName) this.assume(object, object.spec.nodeName);
    });
  }

  load(node: string): number {
    return this.#loads.get(node) ?? 0;
  }

  pods(): readonly Pod[] {
    return this.#pods.list().map((pod) => {
      const nodeName = pod.spec.nodeName ? undefined : this.#nodeByPod.get(pod.metadata.uid ?? "");
      return nodeName === undefined ? pod : { ...pod, spec: { ...pod.spec, nodeName } };
    });
  }

  assume(pod: Pod, node: string): void {
    const { uid = "" } = pod.metadata;
    if (this.#nodeByPod.get(uid) === node) return;
    this.forget(pod);
    this.#nodeByPod.set(uid, node);
    this.#loads.set(node, this.load(node) + 1);
  }

  forget(pod: Pod): void {
    const { uid = "" } = pod.metadata;
    const node = this.#nodeByPod.get(uid);
    if (node === undefined) return;
    this.#nodeByPod.delete(uid);
    this.#loads.set(node, this.load(node) - 1);
  }
}

/** Why the pod may not run on the node, whatever else runs there; undefined when it may. Pure. */
export function refusalOf(pod: Pod, node: Node): string | undefined {
  const taint = taintsOf(node).find((one) => !tolerates(pod.spec.tolerations, one));
  if (taint !== undefined) {
    const value = taint.value ? `: ${taint.value}` : ": ";
    return taint === UNSCHEDULABLE_TAINT
      ? "node(s) were unschedulable"
      : `node(s) had untolerated taint {${taint.key}${value}}`;
  }
  return matchesNode(pod, node) ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

/** What keeps pods away from a node that do not tolerate it. */
function taintsOf(node: Node): readonly Taint[] {
  let taints = known.get(node);
  if (taints === undefined) {
    taints = [
      ...(node.spec?.taints ?? []).filter(({ effect }) => effect !== "PreferNoSchedule"),
      ...(node.spec?.unschedulable === true ? [UNSCHEDULABLE_TAINT] : []),
      ...(isReadyNode(node) ? [] : [NOT_READY_TAINT]),
    ];
    known.set(node, taints);
  }
  return taints;
}

/** By node as it was told: each pod asks for all of them, and a changed node is another object. */
const known = new WeakMap<Node, readonly Taint[]>();

function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const key in pod.spec.nodeSelector) if (labelOf(labels, key) !== pod.spec.nodeSelector[key]) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** All of a term must hold; an empty one matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => meetsRequirement(one, labelOf(labels, one.key))) &&
    matchFields.every((one) => meetsRequirement(one, one.key === "metadata.name" ? node.metadata.name : undefined))
  );
}

/** What must, and must not, run in the same place. */
function podAffinityRefusal(
  pod: Pod,
  node: Node,
  nodes: readonly Node[],
  allPods: () => readonly Pod[],
): string | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return undefined;
  const pods = allPods();
  const holds = (term: PodAffinityTerm): boolean => {
    const place = node.metadata.labels?.[term.topologyKey];
    const there = new Set(
      nodes.filter((other) => other.metadata.labels?.[term.topologyKey] === place).map(({ metadata }) => metadata.name),
    );
    const namespaces = term.namespaces ?? [pod.metadata.namespace ?? ""];
    return pods.some(
      (other) =>
        other.metadata.uid !== pod.metadata.uid &&
        isActive(other) &&
        there.has(other.spec.nodeName ?? "") &&
        namespaces.includes(other.metadata.namespace ?? "") &&
        term.labelSelector !== undefined &&
        selects(term.labelSelector, other.metadata.labels),
    );
  };
  if (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.every(holds) === false)
    return "node(s) didn't match pod affinity rules";
  if (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.some(holds) === true)
    return "node(s) didn't match pod anti-affinity rules";
  return undefined;
}

/** How much the pod would rather be here. */
function preference(pod: Pod, node: Node): number {
  const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  if (preferred === undefined) return 0;
  return preferred.reduce((sum, { weight, preference: term }) => sum + (matchesTerm(term, node) ? weight : 0), 0);
}

function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some(({ key, operator = "Equal", value = "", effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (!key) return operator === "Exists";
    return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
  });
}
