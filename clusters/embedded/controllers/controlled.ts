import type { Informer } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/types.ts";

/** The uid of the owner that controls `object`; undefined for a free one. */
export function controllerUid(object: KubeObject): string | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

/** The objects of an informer by the owner that controls them: nobody looks through all pods for its own. */
export class Controlled<T extends KubeObject> {
  readonly #byOwner = new Map<string, Map<string, T>>();

  constructor(informer: Pick<Informer<T>, "onEvent">) {
    informer.onEvent(({ type, object, old }) => {
      const before = old === undefined ? undefined : controllerUid(old);
      const owner = controllerUid(object);
      if (before !== undefined && before !== owner) this.#remove(before, object);
      if (owner === undefined) return;
      if (type === "DELETED") this.#remove(owner, object);
      else this.#put(owner, object);
    });
  }

  /** What the owner with this uid controls. */
  of(owner: string | undefined): T[] {
    return [...(this.#byOwner.get(owner ?? "")?.values() ?? [])];
  }

  #put(owner: string, object: T): void {
    const owned = this.#byOwner.get(owner) ?? new Map<string, T>();
    owned.set(object.metadata.uid ?? "", object);
    this.#byOwner.set(owner, owned);
  }

  #remove(owner: string, object: T): void {
    const owned = this.#byOwner.get(owner);
    owned?.delete(object.metadata.uid ?? "");
    if (owned?.size === 0) this.#byOwner.delete(owner);
  }
}
