import type { Informer } from "../../../kube/client.ts";
import type { KubeObject, ObjectMeta } from "../../../kube/types.ts";
import { isReady, type Pod, type PodTemplate } from "./objects.ts";

export type Owner = { readonly apiVersion: string; readonly kind: string; readonly object: KubeObject };

/** A pod as a controller makes it: what the template says, owned by the controller's object. */
export function podFromTemplate(
  template: PodTemplate | undefined,
  { apiVersion, kind, object }: Owner,
  identity: Pick<ObjectMeta, "name" | "generateName" | "labels" | "finalizers">,
): Pod {
  const { metadata = {}, spec = {} } = template ?? {};
  const finalizers = [...(metadata.finalizers ?? []), ...(identity.finalizers ?? [])];
  const labels = { ...metadata.labels, ...identity.labels };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(identity.name !== undefined && { name: identity.name }),
      ...(identity.generateName !== undefined && { generateName: identity.generateName }),
      namespace: object.metadata.namespace ?? "",
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(metadata.annotations !== undefined && { annotations: metadata.annotations }),
      ...(finalizers.length > 0 && { finalizers }),
      ownerReferences: [
        {
          apiVersion,
          kind,
          name: object.metadata.name ?? "",
          uid: object.metadata.uid ?? "",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: spec as Pod["spec"],
  };
}

/** Unassigned before assigned, unready before ready, the newest first (client-go, ActivePodsWithRanks). */
export function leastWorthKeeping(pods: readonly Pod[]): Pod[] {
  const worth = (pod: Pod): number =>
    (pod.spec.nodeName ? 1 : 0) + (pod.status?.phase === "Running" ? 2 : 0) + (isReady(pod) ? 4 : 0);
  const created = (pod: Pod): string => pod.metadata.creationTimestamp ?? "";
  return [...pods].sort(
    (a, b) => worth(a) - worth(b) || (created(a) > created(b) ? -1 : created(a) < created(b) ? 1 : 0),
  );
}

/** Our own creations and deletions that the informer has not shown yet: acting before would double them. */
export class UnseenChanges {
  readonly #pods: Informer<Pod>;
  readonly #byKey = new Map<string, Map<string, "created" | "deleted">>();

  constructor(pods: Informer<Pod>) {
    this.#pods = pods;
  }

  of(key: string): boolean {
    return (this.#byKey.get(key)?.size ?? 0) > 0;
  }

  created(key: string, pod: Pod): void {
    if (this.#pods.get(pod.metadata.name ?? "", pod.metadata.namespace)?.metadata.uid !== pod.metadata.uid)
      this.#note(key, pod, "created");
  }

  deleted(key: string, pod: Pod): void {
    const known = this.#pods.get(pod.metadata.name ?? "", pod.metadata.namespace);
    if (
      known !== undefined &&
      known.metadata.uid === pod.metadata.uid &&
      known.metadata.deletionTimestamp === undefined
    )
      this.#note(key, pod, "deleted");
  }

  saw(key: string, pod: Pod, isGoing: boolean): void {
    const changes = this.#byKey.get(key);
    const change = changes?.get(pod.metadata.uid ?? "");
    if (change === "created" || (change === "deleted" && isGoing)) changes?.delete(pod.metadata.uid ?? "");
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }

  #note(key: string, pod: Pod, change: "created" | "deleted"): void {
    const changes = this.#byKey.get(key) ?? new Map<string, "created" | "deleted">();
    changes.set(pod.metadata.uid ?? "", change);
    this.#byKey.set(key, changes);
  }
}
