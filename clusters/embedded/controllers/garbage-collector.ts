import { type Informer, isKubeStatus, type Resource } from "../../../kube/client.ts";
import {
  ConfigMaps,
  CronJobs,
  CSINodes,
  CustomResourceDefinitions,
  DaemonSets,
  Deployments,
  Jobs,
  Nodes,
  Pods,
  ReplicaSets,
  Secrets,
  ServiceAccounts,
  Services,
  StatefulSets,
} from "../../../kube/resources.ts";
import type { KubeObject, OwnerReference } from "../../../kube/types.ts";
import type { ControllerContext, StartController } from "./context.ts";
import { startQueue } from "./queue.ts";

/** Built-in kinds that own or are owned here; every CustomResource joins when its definition appears. */
const BUILT_IN: readonly Resource[] = [
  CronJobs,
  Jobs,
  Deployments,
  ReplicaSets,
  StatefulSets,
  DaemonSets,
  Pods,
  Secrets,
  ConfigMaps,
  ServiceAccounts,
  Services,
  Nodes,
  CSINodes,
];

const FOREGROUND = "foregroundDeletion";
const ORPHAN = "orphan";

type Entry = { readonly object: KubeObject; readonly resource: Resource };

/**
 * Deletes what has lost all its owners (kube-controller-manager, garbage collector). Owners are matched by uid:
 * a namesake with another uid, or an owner in another namespace, counts as absent.
 */
export const startGarbageCollector: StartController = async (context) => {
  const { client, clock, log } = context;
  const graph = new Graph();
  const queue = startQueue({
    name: "garbage-collector",
    clock,
    log,
    workers: 10,
    reconcile: async (uid) => {
      const entry = graph.get(uid);
      if (entry === undefined) return;
      const finalizers = entry.object.metadata.finalizers ?? [];
      if (entry.object.metadata.deletionTimestamp !== undefined) {
        if (finalizers.includes(ORPHAN)) await orphanDependents(entry);
        else if (finalizers.includes(FOREGROUND)) await deleteDependents(entry);
        return;
      }
      await collect(entry);
    },
  });

  /** Deletes `entry` when no owner is left; drops references to absent owners when some are. */
  const collect = async ({ object, resource }: Entry): Promise<void> => {
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const absent: OwnerReference[] = [];
    let isWaitedFor = false;
    for (const reference of references) {
      const owner = await findOwner(reference, object.metadata.namespace);
      if (owner === undefined) absent.push(reference);
      else if (isForeground(owner) && reference.blockOwnerDeletion === true) isWaitedFor = true;
    }
    if (absent.length < references.length && !isWaitedFor) {
      if (absent.length > 0) await dropReferences({ object, resource }, absent);
      return;
    }
    await remove({ object, resource }, isWaitedFor ? "Foreground" : "Background");
  };

  const findOwner = async (
    reference: OwnerReference,
    namespace: string | undefined,
  ): Promise<KubeObject | undefined> => {
    const known = graph.get(reference.uid)?.object;
    if (known !== undefined)
      return known.metadata.namespace === undefined || known.metadata.namespace === namespace ? known : undefined;
    const resource = graph.resourceOf(reference.apiVersion, reference.kind);
    if (resource === undefined)
      throw new Error(`owner kind "${reference.kind}" of ${reference.apiVersion} is not served`);
    const owner = await client.find(resource, reference.name, resource.namespaced ? namespace : undefined);
    return owner?.metadata.uid === reference.uid ? owner : undefined;
  };

  const deleteDependents = async (entry: Entry): Promise<void> => {
    const blocking = graph
      .dependentsOf(entry.object.metadata.uid ?? "")
      .filter(({ object }) => blocks(object, entry.object));
    for (const dependent of blocking)
      if (dependent.object.metadata.deletionTimestamp === undefined) queue.add(dependent.object.metadata.uid ?? "");
    if (blocking.length === 0) await dropFinalizer(entry, FOREGROUND);
  };

  const orphanDependents = async (entry: Entry): Promise<void> => {
    const uid = entry.object.metadata.uid;
    for (const dependent of graph.dependentsOf(uid ?? ""))
      await dropReferences(
        dependent,
        (dependent.object.metadata.ownerReferences ?? []).filter((reference) => reference.uid === uid),
      );
    await dropFinalizer(entry, ORPHAN);
  };

  const write = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => {
      if (!isKubeStatus(error, "NotFound")) throw error;
    });
  };
  const dropReferences = async ({ object, resource }: Entry, gone: readonly OwnerReference[]): Promise<void> => {
    const left = (object.metadata.ownerReferences ?? []).filter((reference) => !gone.includes(reference));
    const { uid, resourceVersion } = object.metadata;
    await write(
      client.patch(resource, targetOf(object), "merge", {
        metadata: { uid, resourceVersion, ownerReferences: left.length > 0 ? left : null },
      }),
    );
  };
  const dropFinalizer = async ({ object, resource }: Entry, finalizer: string): Promise<void> => {
    const left = (object.metadata.finalizers ?? []).filter((other) => other !== finalizer);
    const { resourceVersion } = object.metadata;
    await write(
      client.patch(resource, targetOf(object), "merge", {
        metadata: { resourceVersion, finalizers: left.length > 0 ? left : null },
      }),
    );
  };
  const remove = async ({ object, resource }: Entry, propagationPolicy: "Foreground" | "Background"): Promise<void> => {
    const { uid } = object.metadata;
    await write(
      client.delete(resource, targetOf(object), {
        propagationPolicy,
        ...(uid !== undefined && { preconditions: { uid } }),
      }),
    );
  };

  const watchKind = async (resource: Resource): Promise<void> => {
    graph.serve(resource);
    const informer: Informer<KubeObject> = await context.informer(resource);
    informer.onEvent(({ type, object }) => {
      const uid = object.metadata.uid ?? "";
      if (type === "DELETED") graph.remove(uid);
      else graph.put(uid, { object, resource });
      if (type === "DELETED" || object.metadata.deletionTimestamp !== undefined)
        for (const dependent of graph.dependentsOf(uid)) queue.add(dependent.object.metadata.uid ?? "");
      if (type === "DELETED")
        for (const { uid: owner } of object.metadata.ownerReferences ?? []) queue.add(owner); // may wait for this one
      else if ((object.metadata.ownerReferences?.length ?? 0) > 0 || object.metadata.deletionTimestamp !== undefined)
        queue.add(uid);
    });
  };
  for (const resource of BUILT_IN) await watchKind(resource);
  await followCustomResources(context, watchKind);
  return queue;
};

/** Calls `join` for each CustomResource once its definition is established. */
async function followCustomResources(
  { informer, log, clock }: ControllerContext,
  join: (resource: Resource) => Promise<void>,
): Promise<void> {
  const joined = new Set<string>();
  const definitions = await informer(CustomResourceDefinitions);
  definitions.onEvent(({ type, object }) => {
    const name = object.metadata.name ?? "";
    if (type === "DELETED") return void joined.delete(name);
    if (joined.has(name) || !isEstablished(object)) return;
    joined.add(name);
    const { group, names, scope, versions } = object["spec"] as CustomResourceSpec;
    const version = versions.find(({ storage }) => storage)?.name ?? "";
    const resource = { group, version, kind: names.kind, plural: names.plural, namespaced: scope === "Namespaced" };
    clock.activity
      .track(`garbage-collector joins ${name}`, () => join(resource))
      .catch((error: unknown) => log.warn(`the garbage collector cannot watch "${name}"`, {}, error));
  });
}

type CustomResourceSpec = {
  group: string;
  names: { kind: string; plural: string };
  scope: string;
  versions: { name: string; storage: boolean }[];
};

function isEstablished(definition: KubeObject): boolean {
  const { conditions = [] } = (definition["status"] ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === "Established" && status === "True");
}

/** Who owns whom, by uid. */
class Graph {
  readonly #entries = new Map<string, Entry>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #kinds = new Map<string, Resource>();

  serve(resource: Resource): void {
    // An owner may be named by any served version of its group.
    this.#kinds.set(`${resource.group}/${resource.kind}`, resource);
  }

  resourceOf(apiVersion: string, kind: string): Resource | undefined {
    const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
    return this.#kinds.get(`${group}/${kind}`);
  }

  get(uid: string): Entry | undefined {
    return this.#entries.get(uid);
  }

  put(uid: string, entry: Entry): void {
    this.#unlink(uid);
    this.#entries.set(uid, entry);
    for (const owner of entry.object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set<string>();
      dependents.add(uid);
      this.#dependents.set(owner.uid, dependents);
    }
  }

  remove(uid: string): void {
    this.#unlink(uid);
    this.#entries.delete(uid);
  }

  dependentsOf(uid: string): Entry[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#entries.get(dependent) ?? []);
  }

  #unlink(uid: string): void {
    for (const owner of this.#entries.get(uid)?.object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}

function targetOf({ metadata }: KubeObject): { readonly name: string; readonly namespace?: string } {
  return { name: metadata.name ?? "", ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) };
}

function isForeground(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).includes(FOREGROUND);
}

function blocks(dependent: KubeObject, owner: KubeObject): boolean {
  return (dependent.metadata.ownerReferences ?? []).some(
    ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true,
  );
}
