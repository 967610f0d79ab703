import { type Etcd, type EtcdEntry, keyText } from "./etcd.ts";

/** What the server writes for itself all the time, and what it would miss. */
const ITS_OWN = [
  "/registry/apiregistration.k8s.io/",
  "/registry/flowschemas/",
  "/registry/leases/kube-system/apiserver-",
  "/registry/masterleases/",
  "/registry/prioritylevelconfigurations/",
];

/**
 * What a kube-apiserver keeps when it has just started, and the way back to it: objects that came since are deleted in
 * etcd, those that were changed or deleted are put back. The server hears of it as of any other write.
 */
export class Baseline {
  readonly #etcd: Etcd;
  readonly #entries: ReadonlyMap<string, string>;
  readonly #revisions: Map<string, string>;

  private constructor(etcd: Etcd, entries: readonly EtcdEntry[]) {
    this.#etcd = etcd;
    this.#entries = new Map(entries.map(({ key, value }) => [key, value]));
    this.#revisions = new Map(entries.map(({ key, revision }) => [key, revision]));
  }

  /** As it is now. */
  static async of(etcd: Etcd): Promise<Baseline> {
    return new Baseline(etcd, await resettable(etcd));
  }

  /** @throws MountproofError `environment` when etcd refuses */
  async restore(): Promise<void> {
    const now = await resettable(this.#etcd);
    const revisions = new Map(now.map(({ key, revision }) => [key, revision]));
    const added = now.filter(({ key }) => !this.#entries.has(key));
    await Promise.all(added.map(({ key }) => this.#etcd.delete(key)));
    const changed = [...this.#entries].filter(([key]) => revisions.get(key) !== this.#revisions.get(key));
    await Promise.all(
      changed.map(async ([key, value]) => void this.#revisions.set(key, await this.#etcd.put({ key, value }))),
    );
  }
}

async function resettable(etcd: Etcd): Promise<EtcdEntry[]> {
  return (await etcd.entries()).filter(({ key }) => {
    const text = keyText(key);
    return !ITS_OWN.some((prefix) => text.startsWith(prefix));
  });
}
