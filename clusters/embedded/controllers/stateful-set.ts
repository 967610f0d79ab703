import type { Resource } from "../../../kube/client.ts";
import { StatefulSets } from "../../../kube/resources.ts";
import type { StartController } from "./context.ts";
import { isActive, isFinished, isReady, type Pod, type StatefulSet } from "./objects.ts";
import { podFromTemplate } from "./owned-pods.ts";
import { startPodSetController } from "./pod-set.ts";
import { hashOf } from "./template-hash.ts";

const REVISION = "controller-revision-hash";

/** Keeps numbered pods, one after the other (kube-controller-manager, statefulset controller). */
export const startStatefulSetController: StartController = (context) =>
  startPodSetController(context, {
    component: "statefulset-controller",
    kind: "StatefulSet",
    resource: StatefulSets as Resource<StatefulSet>,
    keep: async (set, owned, { create, remove }) => {
      const { name } = set.metadata;
      const update = `${name}-${hashOf(set.spec.template)}`;
      const current = set.status?.currentRevision ?? update;
      const told = (what: string) => (pod: string) => `${what} Pod ${pod} in StatefulSet ${name} successful`;
      if (set.metadata.deletionTimestamp === undefined)
        for (const step of planStatefulSet(set, owned, update))
          if (step.kind === "create") await create(podOf(set, step.ordinal, update), told("create"));
          else await remove(step.pod, told("delete"));
      return statusOf(set, owned, current, update);
    },
  });

export type StatefulSetStep =
  | { readonly kind: "create"; readonly ordinal: number }
  | { readonly kind: "delete"; readonly pod: Pod };

/**
 * What happens to the pods of a StatefulSet now. Pure. In order, one at a time, each waiting for those before it to be
 * Ready; or all at once (`Parallel`). Pods of an old template go from the highest number down.
 */
export function planStatefulSet(set: StatefulSet, owned: readonly Pod[], update: string): StatefulSetStep[] {
  const replicas = set.spec.replicas ?? 1;
  const isParallel = set.spec.podManagementPolicy === "Parallel";
  const byOrdinal = new Map(owned.map((pod) => [ordinalOf(pod), pod]));
  const steps: StatefulSetStep[] = [];
  for (let ordinal = 0; ordinal < replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) steps.push({ kind: "create", ordinal });
    else if (isFinished(pod) && isGoing(pod) === false) steps.push({ kind: "delete", pod });
    if (isParallel) continue;
    if (pod === undefined || isFinished(pod) || isGoing(pod) || !isReady(pod)) return steps;
  }
  const surplus = [...byOrdinal].filter(([ordinal]) => ordinal >= replicas).sort(([a], [b]) => b - a);
  for (const [, pod] of surplus) {
    if (!isGoing(pod)) steps.push({ kind: "delete", pod });
    if (!isParallel) return steps; // the next one goes when this one is gone
  }
  if (set.spec.updateStrategy?.type === "OnDelete" || steps.length > 0) return steps;
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  for (let ordinal = replicas - 1; ordinal >= partition; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined || isGoing(pod)) return steps;
    if (pod.metadata.labels?.[REVISION] !== update) return [{ kind: "delete", pod }];
    if (!isReady(pod)) return steps;
  }
  return steps;
}

function isGoing(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function ordinalOf(pod: Pod): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name ?? "")?.[1] ?? -1);
}

function podOf(set: StatefulSet, ordinal: number, revision: string): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = {
    "apps.kubernetes.io/pod-index": String(ordinal),
    [REVISION]: revision,
    "statefulset.kubernetes.io/pod-name": name,
  };
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", object: set };
  const pod = podFromTemplate(set.spec.template, owner, { name, generateName: `${set.metadata.name}-`, labels });
  const { serviceName } = set.spec;
  return { ...pod, spec: { ...pod.spec, hostname: name, ...(serviceName && { subdomain: serviceName }) } };
}

function statusOf(
  set: StatefulSet,
  owned: readonly Pod[],
  current: string,
  update: string,
): NonNullable<StatefulSet["status"]> {
  const active = owned.filter(isActive);
  const of = (revision: string): number => active.filter((pod) => pod.metadata.labels?.[REVISION] === revision).length;
  const ready = active.filter(isReady).length;
  const replicas = set.spec.replicas ?? 1;
  const isUpdated = current === update || (of(update) === replicas && ready === replicas);
  const shown = isUpdated ? update : current;
  return {
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    replicas: active.length,
    ...(ready > 0 && { readyReplicas: ready }),
    ...(of(shown) > 0 && { currentReplicas: of(shown) }),
    ...(of(update) > 0 && { updatedReplicas: of(update) }),
    currentRevision: shown,
    updateRevision: update,
    collisionCount: 0,
    availableReplicas: ready,
  };
}
