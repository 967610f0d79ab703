import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { startEventRecorder } from "../../../kube/events.ts";
import { selects } from "../../../kube/label-selector.ts";
import { Pods, ReplicaSets } from "../../../kube/resources.ts";
import { keyOf, type StartController, splitKey } from "./context.ts";
import { isActive, isReady, type Pod, type ReplicaSet } from "./objects.ts";
import { leastWorthKeeping, podFromTemplate, UnseenChanges } from "./owned-pods.ts";
import { startQueue } from "./queue.ts";

/** A real one goes up to 500; more than a few dozen requests of one client at once gain nothing here. */
const LARGEST_BATCH = 32;

/** Keeps as many pods as a ReplicaSet asks for (kube-controller-manager, replicaset controller). */
export const startReplicaSetController: StartController = async ({ client, clock, log, informer, controlled }) => {
  const replicaSets = await informer(ReplicaSets as Resource<ReplicaSet>);
  const pods = await informer(Pods as Resource<Pod>);
  const podsBySet = await controlled(Pods as Resource<Pod>);
  const events = startEventRecorder({ client, clock, log, component: "replicaset-controller" });
  const unseen = new UnseenChanges(pods);
  const queue = startQueue({
    name: "replicaset-controller",
    clock,
    log,
    workers: 5,
    reconcile: async (key) => {
      const { name, namespace = "" } = splitKey(key);
      const set = replicaSets.get(name, namespace);
      if (set === undefined || unseen.of(key)) return; // the cache does not show our own last change yet: its event comes
      const owned = podsBySet.of(set.metadata.uid);
      const active = owned.filter(isActive);
      const wanted = set.spec.replicas ?? 1;
      if (set.metadata.deletionTimestamp === undefined) {
        await inGrowingBatches(wanted - active.length, async () => {
          const pod = await client.create(Pods as Resource<Pod>, podOf(set)).catch((error: unknown) => {
            events.record(set, "Warning", "FailedCreate", `Error creating: ${(error as Error).message}`);
            throw error;
          });
          unseen.created(key, pod);
          events.record(set, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
        });
        const surplus = active.length > wanted ? leastWorthKeeping(active).slice(0, active.length - wanted) : [];
        for (const pod of surplus) {
          await client.delete(Pods, { name: pod.metadata.name ?? "", namespace }).catch((error: unknown) => {
            if (!isKubeStatus(error, "NotFound")) throw error;
          });
          unseen.deleted(key, pod);
          events.record(set, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
        }
      }
      await writeStatus(set, active);
    },
  });
  const writeStatus = async (set: ReplicaSet, active: readonly Pod[]): Promise<void> => {
    const ready = active.filter(isReady).length;
    const labels = set.spec.template?.metadata?.labels ?? {};
    const labelled = active.filter((pod) => selects({ matchLabels: labels }, pod.metadata.labels)).length;
    const status = {
      replicas: active.length,
      ...(labelled > 0 && { fullyLabeledReplicas: labelled }),
      ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
      ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    };
    if (JSON.stringify(sorted(status)) === JSON.stringify(sorted(set.status ?? {}))) return;
    await client
      .update(ReplicaSets as Resource<ReplicaSet>, { ...set, status }, { subresource: "status" })
      .catch((error: unknown) => {
        if (!isKubeStatus(error, "NotFound")) throw error;
      });
  };
  replicaSets.onEvent(({ type, object }) => {
    if (type === "DELETED") unseen.forget(keyOf(object));
    else queue.add(keyOf(object));
  });
  pods.onEvent(({ type, object, old }) => {
    for (const pod of old === undefined ? [object] : [object, old]) {
      const owner = pod.metadata.ownerReferences?.find(
        ({ controller, kind }) => controller === true && kind === "ReplicaSet",
      );
      if (owner === undefined) continue;
      const key = `${pod.metadata.namespace}/${owner.name}`;
      unseen.saw(key, pod, type === "DELETED" || pod.metadata.deletionTimestamp !== undefined);
      queue.add(key);
    }
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
};

/** One, two, four … at once, and no further after a failure: a quota says no once, not a thousand times (slowStartBatch). */
async function inGrowingBatches(count: number, act: () => Promise<void>): Promise<void> {
  for (let left = count, size = 1; left > 0; left -= size, size = Math.min(left, size * 2, LARGEST_BATCH)) {
    const batch = await Promise.allSettled(Array.from({ length: size }, act));
    for (const result of batch) if (result.status === "rejected") throw result.reason;
  }
}

function podOf(set: ReplicaSet): Pod {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", object: set };
  return podFromTemplate(set.spec.template, owner, { generateName: `${set.metadata.name}-` });
}

function sorted(status: object): unknown {
  return Object.entries(status).sort(([a], [b]) => (a < b ? -1 : 1));
}
