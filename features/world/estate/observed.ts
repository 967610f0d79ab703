import type { RunningEmbeddedCluster } from "../../../clusters/embedded/index.ts";
import { Events, type Informer, type KubeObject, Pods, type Resource, startInformer } from "../../../kube/index.ts";
import type { MountproofWorld } from "../../world.ts";

/**
 * What is asked of pods and events: by lists, and while virtual time is moved from copies that the cluster's watches
 * keep. Those are up to date whenever that clock stands, and a wait asks after every timer.
 */
export class Observed {
  readonly #world: MountproofWorld;
  readonly #cluster: () => Promise<RunningEmbeddedCluster>;
  readonly #copies = new Map<string, Promise<Informer<KubeObject>>>();
  #isWaiting = false;

  constructor(world: MountproofWorld, cluster: () => Promise<RunningEmbeddedCluster>) {
    this.#world = world;
    this.#cluster = cluster;
  }

  /** Runs the clock until `holds`, at most `ms`. */
  async until(holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
    const cluster = await this.#cluster();
    if (this.#world.clock.kind !== "virtual") return await cluster.until(holds, ms);
    await Promise.all([this.#copyOf(Pods), this.#copyOf(Events)]);
    this.#isWaiting = true;
    try {
      return await cluster.until(holds, ms);
    } finally {
      this.#isWaiting = false;
    }
  }

  async pods(namespace: string, app: string): Promise<KubeObject[]> {
    const isMeant = ({ metadata }: KubeObject): boolean =>
      metadata.namespace === namespace && metadata.labels?.["app"] === app;
    if (this.#isWaiting) return inOrder((await this.#copyOf(Pods)).list().filter(isMeant));
    const { admin } = await this.#cluster();
    return (await admin.list(Pods, { namespace, labelSelector: `app=${app}` })).items;
  }

  /** Warning events about a pod. */
  async warnings({ metadata }: KubeObject): Promise<KubeObject[]> {
    const isMeant = (event: KubeObject): boolean =>
      event["type"] === "Warning" && (event["involvedObject"] as { uid?: string } | undefined)?.uid === metadata.uid;
    if (this.#isWaiting) return inOrder((await this.#copyOf(Events)).list().filter(isMeant));
    const { admin } = await this.#cluster();
    const fieldSelector = `involvedObject.uid=${metadata.uid},type=Warning`;
    return (await admin.list(Events, { namespace: metadata.namespace ?? "", fieldSelector })).items;
  }

  /** A copy of all objects of a kind, kept for as long as the scenario runs. */
  #copyOf(kind: Resource): Promise<Informer<KubeObject>> {
    const known = this.#copies.get(kind.plural) ?? this.#startCopy(kind);
    this.#copies.set(kind.plural, known);
    return known;
  }

  async #startCopy(kind: Resource): Promise<Informer<KubeObject>> {
    const { scope, clock, logger: log } = this.#world;
    const { admin } = await this.#cluster();
    const copy = scope.use(startInformer(admin, kind, {}, { clock, log, isStreaming: true }));
    await copy.synced;
    return copy;
  }
}

/** As a list shows them: by namespace and name. */
function inOrder(objects: readonly KubeObject[]): KubeObject[] {
  const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;
  return objects.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
