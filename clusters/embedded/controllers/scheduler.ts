import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { startEventRecorder } from "../../../kube/events.ts";
import { Nodes, Pods } from "../../../kube/resources.ts";
import { apiTime, keyOf, type StartController, splitKey } from "./context.ts";
import {
  isActive,
  meetsRequirement,
  type Node,
  type NodeSelectorTerm,
  type Pod,
  type PodAffinityTerm,
  selects,
  type Toleration,
} from "./objects.ts";
import { startQueue } from "./queue.ts";

/** Binds pods to nodes: selectors, affinities, taints, readiness, then the node with the fewest pods. */
export const startScheduler: StartController = async ({ client, clock, log, informer }) => {
  const nodes = await informer(Nodes as Resource<Node>);
  const pods = await informer(Pods as Resource<Pod>);
  const events = startEventRecorder({ client, clock, log, component: "default-scheduler" });
  const assumed = new AssumedPods();
  const queue = startQueue({
    name: "scheduler",
    clock,
    log,
    reconcile: async (key) => {
      const { name, namespace = "" } = splitKey(key);
      const pod = pods.get(name, namespace);
      if (pod === undefined || !isUnscheduled(pod)) return;
      const decision = chooseNode(pod, nodes.list(), assumed.over(pods.list()));
      if ("node" in decision) {
        assumed.bind(pod, decision.node);
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
    if (type === "DELETED" || object.spec.nodeName) assumed.forget(object);
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

/** Our own bindings that the informer has not shown yet: those pods count where they will be. */
class AssumedPods {
  readonly #nodes = new Map<string, string>();

  bind(pod: Pod, node: string): void {
    this.#nodes.set(pod.metadata.uid ?? "", node);
  }

  forget(pod: Pod): void {
    this.#nodes.delete(pod.metadata.uid ?? "");
  }

  over(pods: readonly Pod[]): readonly Pod[] {
    if (this.#nodes.size === 0) return pods;
    return pods.map((pod) => {
      const nodeName = this.#nodes.get(pod.metadata.uid ?? "");
      return nodeName === undefined ? pod : { ...pod, spec: { ...pod.spec, nodeName } };
    });
  }
}

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

const UNSCHEDULABLE_TAINT = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
const NOT_READY_TAINT = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/**
 * Where `pod` goes, or why it goes nowhere, in the real scheduler's words. Pure.
 * The least occupied node wins; of equals the first by name.
 */
export function chooseNode(
  pod: Pod,
  nodes: readonly Node[],
  pods: readonly Pod[],
): { readonly node: string } | { readonly reason: string } {
  const refusals = new Map<string, number>();
  const refuse = (reason: string): void => void refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  const load = (node: Node): number =>
    pods.filter((other) => other.spec.nodeName === node.metadata.name && isActive(other)).length;
  const fitting = nodes.filter((node) => {
    const reason = refusalOf(pod, node) ?? podAffinityRefusal(pod, node, nodes, pods);
    if (reason !== undefined) refuse(reason);
    return reason === undefined;
  });
  const [best] = fitting
    .map((node) => ({ name: node.metadata.name ?? "", load: load(node), worth: preference(pod, node) }))
    .sort((a, b) => b.worth - a.worth || a.load - b.load || (a.name < b.name ? -1 : 1));
  if (best !== undefined) return { node: best.name };
  if (nodes.length === 0) return { reason: "no nodes available to schedule pods" };
  const reasons = [...refusals].map(([reason, count]) => `${count} ${reason}`).sort();
  return {
    reason: `0/${nodes.length} nodes are available: ${reasons.join(", ")}. preemption: 0/${nodes.length} nodes are available: ${nodes.length} Preemption is not helpful for scheduling.`,
  };
}

/** Why the pod may not run on the node, whatever else runs there; undefined when it may. Pure. */
export function refusalOf(pod: Pod, node: Node): string | undefined {
  const taints = [
    ...(node.spec?.taints ?? []),
    ...(node.spec?.unschedulable === true ? [UNSCHEDULABLE_TAINT] : []),
    ...(isReadyNode(node) ? [] : [NOT_READY_TAINT]),
  ];
  const taint = taints.find(
    ({ effect, ...rest }) => effect !== "PreferNoSchedule" && !tolerates(pod.spec.tolerations, { effect, ...rest }),
  );
  if (taint !== undefined) {
    const value = "value" in taint && taint.value ? `: ${taint.value}` : ": ";
    return taint === UNSCHEDULABLE_TAINT
      ? "node(s) were unschedulable"
      : `node(s) had untolerated taint {${taint.key}${value}}`;
  }
  return matchesNode(pod, node) ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** All of a term must hold; an empty one matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => meetsRequirement(one, labels[one.key])) &&
    matchFields.every((one) => meetsRequirement(one, one.key === "metadata.name" ? node.metadata.name : undefined))
  );
}

/** What must, and must not, run in the same place. */
function podAffinityRefusal(pod: Pod, node: Node, nodes: readonly Node[], pods: readonly Pod[]): string | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
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
  const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return preferred.reduce((sum, { weight, preference: term }) => sum + (matchesTerm(term, node) ? weight : 0), 0);
}

function tolerates(
  tolerations: readonly Toleration[] | undefined,
  taint: { key: string; value?: string; effect: string },
): boolean {
  return (tolerations ?? []).some(({ key, operator = "Equal", value = "", effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (!key) return operator === "Exists";
    return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
  });
}
