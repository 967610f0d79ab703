import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { startEventRecorder } from "../../../kube/events.ts";
import { Pods, StatefulSets } from "../../../kube/resources.ts";
import { keyOf, type StartController, splitKey } from "./context.ts";
import { isActive, isFinished, isReady, type Pod, type StatefulSet } from "./objects.ts";
import { podFromTemplate, UnseenChanges } from "./owned-pods.ts";
import { startQueue } from "./queue.ts";
import { hashOf } from "./template-hash.ts";

const REVISION = "controller-revision-hash";

/** Keeps numbered pods, one after the other (kube-controller-manager, statefulset controller). */
export const startStatefulSetController: StartController = async ({ client, clock, log, informer, controlled }) => {
  const sets = await informer(StatefulSets as Resource<StatefulSet>);
  const pods = await informer(Pods as Resource<Pod>);
  const podsBySet = await controlled(Pods as Resource<Pod>);
  const events = startEventRecorder({ client, clock, log, component: "statefulset-controller" });
  const unseen = new UnseenChanges(pods);
  const queue = startQueue({
    name: "statefulset-controller",
    clock,
    log,
    workers: 5,
    reconcile: async (key) => {
      const { name, namespace = "" } = splitKey(key);
      const set = sets.get(name, namespace);
      if (set === undefined || unseen.of(key)) return;
      const owned = podsBySet.of(set.metadata.uid);
      const update = `${name}-${hashOf(set.spec.template)}`;
      const current = set.status?.currentRevision ?? update;
      if (set.metadata.deletionTimestamp === undefined)
        for (const step of planStatefulSet(set, owned, update)) {
          if (step.kind === "create") {
            const pod = await client.create(Pods as Resource<Pod>, podOf(set, step.ordinal, update));
            unseen.created(key, pod);
            const text = `create Pod ${pod.metadata.name} in StatefulSet ${name} successful`;
            events.record(set, "Normal", "SuccessfulCreate", text);
          } else {
            const target = { name: step.pod.metadata.name ?? "", namespace };
            await client.delete(Pods, target).catch((error: unknown) => {
              if (!isKubeStatus(error, "NotFound")) throw error;
            });
            unseen.deleted(key, step.pod);
            const text = `delete Pod ${target.name} in StatefulSet ${name} successful`;
            events.record(set, "Normal", "SuccessfulDelete", text);
          }
        }
      await writeStatus(set, owned, current, update);
    },
  });
  const writeStatus = async (
    set: StatefulSet,
    owned: readonly Pod[],
    current: string,
    update: string,
  ): Promise<void> => {
    const status = statusOf(set, owned, current, update);
    if (JSON.stringify(status) === JSON.stringify(set.status)) return;
    await client
      .update(StatefulSets as Resource<StatefulSet>, { ...set, status }, { subresource: "status" })
      .catch((error: unknown) => {
        if (!isKubeStatus(error, "NotFound")) throw error;
      });
  };
  sets.onEvent(({ type, object }) => {
    if (type === "DELETED") unseen.forget(keyOf(object));
    else queue.add(keyOf(object));
  });
  pods.onEvent(({ type, object }) => {
    const owner = object.metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === "StatefulSet");
    if (owner === undefined) return;
    const key = `${object.metadata.namespace}/${owner.name}`;
    unseen.saw(key, object, type === "DELETED" || object.metadata.deletionTimestamp !== undefined);
    queue.add(key);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
};

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
