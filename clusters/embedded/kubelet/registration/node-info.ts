import type { Clock } from "../../../../core/index.ts";
import { isKubeStatus, type KubeClient } from "../../../../kube/client.ts";
import { idle } from "../idle.ts";
import { CsiNodes, Nodes } from "../resources.ts";
import type { CsiNode, CsiNodeDriver } from "../types.ts";

const ANNOTATION = "csi.volume.kubernetes.io/nodeid";
/** Waits between tries of a write: 10 ms × 5ⁿ, four tries. */
const RETRY_MS = [10, 50, 250];

export type DriverOnNode = {
  readonly name: string;
  readonly nodeId: string;
  /** 0: as many as there may be. */
  readonly maxVolumes: number;
  readonly segments: Readonly<Record<string, string>>;
};

/** Writes what drivers say of the node: annotation and labels of the Node, entries of the CSINode. One at a time. */
export class NodeInfoWriter {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #nodeName: string;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(spec: { readonly client: KubeClient; readonly clock: Clock; readonly nodeName: string }) {
    this.#client = spec.client;
    this.#clock = spec.clock;
    this.#nodeName = spec.nodeName;
  }

  /** The CSINode that has to be there before the node is Ready. */
  async create(nodeUid: string): Promise<void> {
    await this.#queue(() => this.#createCsiNode([], nodeUid));
  }

  /** Node first, then CSINode (measured). */
  async install(driver: DriverOnNode): Promise<void> {
    await this.#queue(async () => {
      await this.#retry(() => this.#annotate((ids) => ids.set(driver.name, driver.nodeId), driver.segments));
      await this.#retry(() => this.#list((entries) => withEntry(entries, driver)));
    });
  }

  /** CSINode first, then Node (measured). */
  async uninstall(name: string): Promise<void> {
    await this.#queue(async () => {
      await this.#retry(() => this.#list((entries) => entries.filter((entry) => entry.name !== name)));
      await this.#retry(() => this.#annotate((ids) => ids.delete(name), {}));
    });
  }

  async #annotate(
    change: (ids: Map<string, string>) => unknown,
    labels: Readonly<Record<string, string>>,
  ): Promise<void> {
    const node = await this.#client.get(Nodes, this.#nodeName);
    const before = node.metadata.annotations?.[ANNOTATION];
    const ids = new Map(Object.entries(JSON.parse(before ?? "{}") as Record<string, string>));
    change(ids);
    const sorted = [...ids].sort(([a], [b]) => (a < b ? -1 : 1));
    const after = ids.size === 0 ? undefined : JSON.stringify(Object.fromEntries(sorted));
    const fresh: Record<string, string> = {};
    for (const [key, value] of Object.entries(labels)) {
      const there = node.metadata.labels?.[key];
      if (there === undefined) fresh[key] = value;
      else if (there !== value)
        throw new Error(
          `detected topology value collision: driver reported "${key}":"${value}" but existing label is "${key}":"${there}"`,
        );
    }
    if (after === before && Object.keys(fresh).length === 0) return;
    const metadata = {
      ...(after !== before && { annotations: { [ANNOTATION]: after ?? null } }),
      ...(Object.keys(fresh).length > 0 && { labels: fresh }),
    };
    await this.#client.patch(Nodes, { name: this.#nodeName }, "strategic", { metadata }, { subresource: "status" });
  }

  async #list(change: (entries: readonly CsiNodeDriver[]) => readonly CsiNodeDriver[]): Promise<void> {
    const csiNode = await this.#client.find(CsiNodes, this.#nodeName);
    const before = csiNode?.spec.drivers ?? [];
    const after = change(before);
    if (csiNode === undefined) {
      if (after.length > 0) await this.#createCsiNode(after);
      return;
    }
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    await this.#client.update(CsiNodes, { ...csiNode, spec: { drivers: after.length === 0 ? null : [...after] } });
  }

  async #createCsiNode(drivers: readonly CsiNodeDriver[], nodeUid?: string): Promise<void> {
    const uid = nodeUid ?? (await this.#client.get(Nodes, this.#nodeName)).metadata.uid ?? "";
    const csiNode: CsiNode = {
      apiVersion: "storage.k8s.io/v1",
      kind: "CSINode",
      metadata: {
        name: this.#nodeName,
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name: this.#nodeName, uid }],
      },
      spec: { drivers: drivers.length === 0 ? null : [...drivers] },
    };
    try {
      await this.#client.create(CsiNodes, csiNode);
    } catch (error) {
      if (!isKubeStatus(error, "AlreadyExists")) throw error;
    }
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(work, work);
    this.#tail = mine.catch(() => undefined);
    return mine;
  }

  async #retry(write: () => Promise<void>): Promise<void> {
    for (const wait of RETRY_MS)
      try {
        return await write();
      } catch {
        await idle(this.#clock, this.#clock.sleep(wait));
      }
    await write();
  }
}

function withEntry(entries: readonly CsiNodeDriver[], driver: DriverOnNode): readonly CsiNodeDriver[] {
  const keys = Object.keys(driver.segments);
  const entry: CsiNodeDriver = {
    name: driver.name,
    nodeID: driver.nodeId,
    topologyKeys: keys.length === 0 ? null : keys.sort(),
    ...(driver.maxVolumes > 0 && { allocatable: { count: driver.maxVolumes } }),
  };
  const before = entries.find(({ name }) => name === driver.name);
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(entry)) return entries;
  return [...entries.filter(({ name }) => name !== driver.name), entry];
}
