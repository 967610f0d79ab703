import { type Informer, isKubeStatus, type Resource } from "../../../kube/client.ts";
import { startEventRecorder } from "../../../kube/events.ts";
import { Pods } from "../../../kube/resources.ts";
import type { KubeObject } from "../../../kube/types.ts";
import { type ControllerContext, keyOf, splitKey } from "./context.ts";
import type { Pod } from "./objects.ts";
import { UnseenChanges } from "./owned-pods.ts";
import { startQueue } from "./queue.ts";

type PodSet = KubeObject & { readonly status?: unknown };

/** What a controller does about a set's pods; each is an event of the set's, too. */
export type PodActions = {
  create(pod: KubeObject, tell: (name: string) => string): Promise<void>;
  remove(pod: Pod, tell: (name: string) => string): Promise<void>;
};

/**
 * The frame of controllers that keep pods of their own: looks at a set when it or one of its pods has changed, not
 * before it has seen its own last changes, and writes the status that came of it.
 *
 * @param keep does what is to be done, and says what the status is then
 * @returns the sets, so that other things may make them be looked at, and what ends it all
 */
export async function startPodSetController<S extends PodSet>(
  { client, clock, log, informer, controlled }: ControllerContext,
  {
    component,
    kind,
    resource,
    keep,
  }: {
    readonly component: string;
    readonly kind: string;
    readonly resource: Resource<S>;
    readonly keep: (set: S, owned: readonly Pod[], actions: PodActions) => Promise<unknown>;
  },
): Promise<{ readonly sets: Informer<S>; readonly look: (set: S) => void } & AsyncDisposable> {
  const sets = await informer(resource);
  const pods = await informer(Pods as Resource<Pod>);
  const podsBySet = await controlled(Pods as Resource<Pod>);
  const events = startEventRecorder({ client, clock, log, component });
  const unseen = new UnseenChanges(pods);
  const unlessGone = (error: unknown): void => {
    if (!isKubeStatus(error, "NotFound")) throw error;
  };
  const queue = startQueue({
    name: component,
    clock,
    log,
    workers: 5,
    reconcile: async (key) => {
      const { name, namespace = "" } = splitKey(key);
      const set = sets.get(name, namespace);
      if (set === undefined || unseen.of(key)) return;
      const status = await keep(set, podsBySet.of(set.metadata.uid), {
        create: async (wanted, tell) => {
          const pod = await client.create(Pods as Resource<Pod>, wanted as Pod);
          unseen.created(key, pod);
          events.record(set, "Normal", "SuccessfulCreate", tell(pod.metadata.name ?? ""));
        },
        remove: async (pod, tell) => {
          const target = { name: pod.metadata.name ?? "", namespace };
          await client.delete(Pods, target).catch(unlessGone);
          unseen.deleted(key, pod);
          events.record(set, "Normal", "SuccessfulDelete", tell(target.name));
        },
      });
      if (JSON.stringify(status) === JSON.stringify(set.status)) return;
      await client.update(resource, { ...set, status }, { subresource: "status" }).catch(unlessGone);
    },
  });
  const look = (set: S): void => queue.add(keyOf(set));
  sets.onEvent(({ type, object }) => {
    if (type === "DELETED") unseen.forget(keyOf(object));
    else look(object);
  });
  pods.onEvent(({ type, object }) => {
    const owner = object.metadata.ownerReferences?.find((one) => one.controller && one.kind === kind);
    if (owner === undefined) return;
    const key = `${object.metadata.namespace}/${owner.name}`;
    unseen.saw(key, object, type === "DELETED" || object.metadata.deletionTimestamp !== undefined);
    queue.add(key);
  });
  return {
    sets,
    look,
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
}
