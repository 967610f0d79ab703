import { type Clock, MountproofError, minutes } from "../../core/index.ts";
import { isKubeStatus, type KubeClient, type Resource } from "../../kube/client.ts";
import { Pods, resource } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import { resourceOf } from "../embedded/acts.ts";

/** On everything that a run makes outside of its namespaces, and on these. Its value is the run. */
export const RUN_LABEL = "mountproof.dev/run";

const LOOK_MS = 250;
/** A namespace goes when the last of its objects has gone: kubelet gives a driver two minutes for a call under way. */
const GONE_WITHIN_MS = minutes(3);
const NAMESPACES = resource({ version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false });

/**
 * What is looked for when a run that was killed is cleaned up after, dependents first: while their namespaces go, pods
 * need the driver that runs as a DaemonSet, or kubelet cannot take their volumes away and they stay.
 */
const KINDS: readonly Resource[] = [
  NAMESPACES,
  resource({ group: "apps", version: "v1", kind: "DaemonSet", plural: "daemonsets", namespaced: true }),
  resource({ group: "storage.k8s.io", version: "v1", kind: "CSIDriver", plural: "csidrivers", namespaced: false }),
  ...["ClusterRoleBinding", "ClusterRole"].map((kind) =>
    resource({
      group: "rbac.authorization.k8s.io",
      version: "v1",
      kind,
      plural: `${kind.toLowerCase()}s`,
      namespaced: false,
    }),
  ),
  ...["RoleBinding", "Role"].map((kind) =>
    resource({
      group: "rbac.authorization.k8s.io",
      version: "v1",
      kind,
      plural: `${kind.toLowerCase()}s`,
      namespaced: true,
    }),
  ),
  resource({ version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", namespaced: true }),
  resource({ version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true }),
  resource({
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    namespaced: false,
  }),
];

type Made = { readonly kind: Resource; readonly name: string; readonly namespace: string | undefined };

/** What one run makes in a cluster that is not its own, and takes away again. */
export class Owned {
  readonly #admin: KubeClient;
  readonly #clock: Clock;
  readonly #run: string;
  readonly #namespaces = new Set<string>();
  readonly #made: Made[] = [];
  readonly #going: string[] = [];

  constructor(admin: KubeClient, clock: Clock, run: string) {
    this.#admin = admin;
    this.#clock = clock;
    this.#run = run;
  }

  /**
   * Creates objects, and replaces those that a run of Mountproof made.
   * @throws MountproofError `already_exists` for an object that somebody else made
   */
  async apply(objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) await this.#put(object);
  }

  /** Whether a namespace is this run's. */
  owns(namespace: string): boolean {
    return this.#namespaces.has(namespace);
  }

  /** Takes away what this object made, the newest first, and waits until its namespaces are gone. */
  async remove(): Promise<void> {
    // Pods that still go need the driver that is taken away next: without it their volumes would stay mounted.
    await this.#gone(this.#going.splice(0));
    await this.#gone(await this.letGo());
  }

  /**
   * Takes away what this object made and does not wait for it.
   * @returns the namespaces that are going
   */
  async letGo(): Promise<readonly string[]> {
    const made = this.#made.splice(0).reverse();
    const namespaces = [...this.#namespaces];
    this.#namespaces.clear();
    for (const one of made) await this.#delete(one);
    return namespaces;
  }

  /** Namespaces whose going {@link Owned.remove} waits for, too. */
  expectGone(namespaces: readonly string[]): void {
    this.#going.push(...namespaces);
  }

  /** Takes away what a run left that was killed: everything with the label, whoever's run it was. */
  async sweep(): Promise<number> {
    let found = await this.#sweepMounting();
    for (const kind of KINDS) {
      const { items } = await this.#admin.list(kind, { labelSelector: RUN_LABEL });
      for (const { metadata } of items) {
        found++;
        await this.#delete({ kind, name: metadata.name ?? "", namespace: metadata.namespace });
      }
      if (kind.kind === "Namespace") await this.#gone(items.map(({ metadata }) => metadata.name ?? ""));
    }
    return found;
  }

  /**
   * Pods with CSI volumes go first, and everything that serves them stays until then: a driver waits for a provider that
   * was taken away for as long as kubelet lets it.
   */
  async #sweepMounting(): Promise<number> {
    const { items } = await this.#admin.list(NAMESPACES, { labelSelector: RUN_LABEL });
    const mounting: string[] = [];
    for (const { metadata } of items) {
      const namespace = metadata.name ?? "";
      const pods = await this.#admin.list(Pods, { namespace });
      if (pods.items.some(hasCsiVolume)) mounting.push(namespace);
    }
    for (const name of mounting) await this.#delete({ kind: NAMESPACES, name, namespace: undefined });
    await this.#gone(mounting);
    return mounting.length;
  }

  async #put(object: KubeObject): Promise<void> {
    const kind = resourceOf(object);
    const { name = "", namespace } = object.metadata;
    const isInside = namespace !== undefined && this.#namespaces.has(namespace);
    const labels = { ...object.metadata.labels, [RUN_LABEL]: this.#run };
    const mine: KubeObject = isInside ? object : { ...object, metadata: { ...object.metadata, labels } };
    try {
      await this.#admin.create(kind, mine);
      if (kind.kind === "Namespace") this.#namespaces.add(name);
      if (!isInside) this.#made.push({ kind, name, namespace });
    } catch (error) {
      if (!isKubeStatus(error, "AlreadyExists")) throw error;
      const found = await this.#admin.get(kind, name, namespace);
      const isOurs = isInside || found.metadata.labels?.[RUN_LABEL] === this.#run;
      if (!isOurs) throw this.#refusal(object, found);
      const metadata = { ...mine.metadata, resourceVersion: found.metadata.resourceVersion ?? "" };
      await this.#admin.update(kind, { ...mine, metadata });
    }
  }

  #refusal({ kind, metadata }: KubeObject, found: KubeObject): MountproofError {
    const name = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
    const other = found.metadata.labels?.[RUN_LABEL];
    return new MountproofError("already_exists", {
      message: `the cluster has a ${kind} "${name}" already, and ${other === undefined ? "no run of Mountproof" : `the run ${other}`} made it`,
      hint: "a run touches nothing but its own: take another cluster, or remove it yourself",
      culprit: { [(kind ?? "object").toLowerCase()]: name },
    });
  }

  async #delete({ kind, name, namespace }: Made): Promise<void> {
    try {
      await this.#admin.delete(kind, { name, ...(namespace !== undefined && { namespace }) });
    } catch (error) {
      if (!isKubeStatus(error, "NotFound")) throw error;
    }
  }

  async #gone(namespaces: readonly string[]): Promise<void> {
    const end = this.#clock.now() + GONE_WITHIN_MS;
    for (const name of namespaces)
      while ((await this.#admin.find(NAMESPACES, name)) !== undefined) {
        if (this.#clock.now() > end)
          throw new MountproofError("timeout", {
            message: `the namespace "${name}" was deleted and does not go`,
            hint: `kubectl get namespace ${name} -o yaml says what it waits for`,
            culprit: { namespace: name },
          });
        await this.#clock.sleep(LOOK_MS);
      }
  }
}

function hasCsiVolume(pod: KubeObject): boolean {
  const { volumes = [] } = pod["spec"] as { readonly volumes?: readonly { readonly csi?: unknown }[] };
  return volumes.some(({ csi }) => csi !== undefined);
}
