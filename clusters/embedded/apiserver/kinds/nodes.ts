import type { KubeObject } from "../../../../kube/types.ts";
import type { Kind } from "./kind.ts";

type Definition = Pick<Kind, "kind" | "plural"> & Partial<Kind>;
type Taint = { key: string; effect: string };

const NOT_READY: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
const specOf = (object: KubeObject) => (object["spec"] ?? {}) as { taints?: Taint[]; unschedulable?: boolean };

export const nodeKind: Definition = {
  kind: "Node",
  plural: "nodes",
  namespaced: false,
  shortNames: ["no"],
  subresources: [
    { name: "proxy", verbs: ["create", "delete", "get", "patch", "update"], kind: "NodeProxyOptions" },
    { name: "status", verbs: ["get", "patch", "update"] },
  ],
  selectable: { "spec.unschedulable": (object) => String(specOf(object).unschedulable ?? false) },
  defaults: (object) => {
    const status = (object["status"] ?? {}) as { capacity?: object; allocatable?: object };
    if (status.capacity !== undefined && status.allocatable === undefined)
      object["status"] = { ...status, allocatable: { ...status.capacity } };
  },
  prepare: (object, old) => {
    const { conditions = [] } = (object["status"] ?? {}) as { conditions?: { type: string; status: string }[] };
    // The TaintNodesByCondition admission: nothing is placed there until the node says that it is ready. One that
    // registers as Ready would lose the taint at once (node lifecycle controller), so it does not get it.
    if (old !== undefined || conditions.some(({ status, type }) => type === "Ready" && status === "True")) return;
    const { taints = [], ...spec } = specOf(object);
    const has = taints.some(({ effect, key }) => key === NOT_READY.key && effect === NOT_READY.effect);
    object["spec"] = { ...spec, taints: has ? taints : [...taints, NOT_READY] };
  },
};
