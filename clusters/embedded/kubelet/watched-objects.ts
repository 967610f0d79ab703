import type { Clock, Log } from "../../../core/index.ts";
import { type Informer, isKubeStatus, type KubeClient, type Resource } from "../../../kube/client.ts";
import { startInformer } from "../../../kube/informer.ts";
import type { Keyed, Pod } from "./types.ts";

type Watched = { readonly informer: Informer<Keyed>; readonly users: Set<string> };

/** An object that a pod needs is not there: the text that kubelet shows for it. */
export class MissingObjectError extends Error {
  override readonly name = "MissingObjectError";
}

export type WatchedObjectsSpec = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly resource: Resource<Keyed>;
  /** As kubelet's own errors name the kind: `secret`, `configmap`. */
  readonly singular: string;
  /** Names of the objects that a pod refers to. */
  readonly namesIn: (pod: Pod) => ReadonlySet<string>;
};

/**
 * Secrets or ConfigMaps that running pods refer to, each kept by a watch of its own by name, as kubelet does: it may
 * not list what its pods don't use.
 */
export class WatchedObjects implements AsyncDisposable {
  readonly #spec: WatchedObjectsSpec;
  readonly #watched = new Map<string, Watched>();
  readonly #namesByPod = new Map<string, ReadonlySet<string>>();

  constructor(spec: WatchedObjectsSpec) {
    this.#spec = spec;
  }

  /** Starts watching what the pod refers to; later calls for the same pod follow its changes. */
  register(pod: Pod): void {
    const { uid, namespace } = pod.metadata;
    const before = this.#namesByPod.get(uid) ?? new Set<string>();
    const now = this.#spec.namesIn(pod);
    this.#namesByPod.set(uid, now);
    for (const name of now) if (!before.has(name)) this.#use(`${namespace}/${name}`, uid);
    for (const name of before) if (!now.has(name)) this.#release(`${namespace}/${name}`, uid);
  }

  unregister(pod: Pod): void {
    const { uid, namespace } = pod.metadata;
    for (const name of this.#namesByPod.get(uid) ?? []) this.#release(`${namespace}/${name}`, uid);
    this.#namesByPod.delete(uid);
  }

  /** @throws MissingObjectError when the API server has no such object */
  async get(namespace: string, name: string): Promise<Keyed> {
    const { singular, client, resource } = this.#spec;
    const watched = this.#watched.get(`${namespace}/${name}`);
    if (watched === undefined) {
      const object = await client.find(resource, name, namespace);
      if (object === undefined) throw new MissingObjectError(`${singular} "${name}" not found`);
      return object;
    }
    await watched.informer.synced;
    const object = watched.informer.get(name, namespace);
    if (object === undefined) throw new MissingObjectError(`${singular} "${name}" not found`);
    return object;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ informer }) => informer[Symbol.asyncDispose]()));
    this.#watched.clear();
  }

  #use(key: string, podUid: string): void {
    const known = this.#watched.get(key);
    if (known !== undefined) return void known.users.add(podUid);
    const { client, clock, log, resource } = this.#spec;
    const [namespace = "", name = ""] = key.split("/");
    const options = { namespace, fieldSelector: `metadata.name=${name}` };
    const informer = startInformer(client, resource, options, { clock, log, isStreaming: true });
    informer.synced.catch(() => undefined); // whoever needs the object sees the failure
    this.#watched.set(key, { informer, users: new Set([podUid]) });
  }

  #release(key: string, podUid: string): void {
    const watched = this.#watched.get(key);
    watched?.users.delete(podUid);
    if (watched === undefined || watched.users.size > 0) return;
    this.#watched.delete(key);
    void watched.informer[Symbol.asyncDispose]();
  }
}

/** What {@link MissingObjectError} and a Status of the API server say in common. */
export function isMissing(error: unknown): boolean {
  return error instanceof MissingObjectError || isKubeStatus(error, "NotFound");
}
