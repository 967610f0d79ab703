import type { KubeObject } from "../../../../kube/types.ts";
import type { Store } from "../store/store.ts";

/** Which pods are bound to a node: asked for with every Secret that a kubelet reads, so nobody looks through all pods. */
export class PodsByNode {
  readonly #byNode = new Map<string, Map<string, KubeObject>>();

  constructor(store: Store) {
    for (const pod of store.list("/pods")) this.#put(pod);
    store.follow("/pods", store.version, ({ type, object, previous }) => {
      if (previous !== undefined) this.#byNode.get(nodeOf(previous))?.delete(uidOf(previous));
      if (type !== "DELETED") this.#put(object);
      else if (this.#byNode.get(nodeOf(object))?.size === 0) this.#byNode.delete(nodeOf(object));
    });
  }

  on(node: string): KubeObject[] {
    return [...(this.#byNode.get(node)?.values() ?? [])];
  }

  #put(pod: KubeObject): void {
    const node = nodeOf(pod);
    if (node === "") return;
    const pods = this.#byNode.get(node) ?? new Map<string, KubeObject>();
    pods.set(uidOf(pod), pod);
    this.#byNode.set(node, pods);
  }
}

const nodeOf = (pod: KubeObject): string => (pod["spec"] as { nodeName?: string } | undefined)?.nodeName ?? "";
const uidOf = ({ metadata }: KubeObject): string => metadata.uid ?? "";
