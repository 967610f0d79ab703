import type { KubeClient, Resource } from "../../../kube/client.ts";
import { isKubeStatus } from "../../../kube/client.ts";
import { Namespaces } from "../../../kube/resources.ts";
import type { KubeObject } from "../../../kube/types.ts";
import type { StartController } from "./context.ts";
import { startQueue } from "./queue.ts";

type Namespace = KubeObject & { spec?: { finalizers?: string[] } };

const FINALIZER = "kubernetes";

/** Empties namespaces that are being deleted, then lets them go (kube-controller-manager, namespace controller). */
export const startNamespaceController: StartController = async ({ client, clock, log, informer }) => {
  const namespaces = await informer(Namespaces as Resource<Namespace>);
  const queue = startQueue({
    name: "namespace-controller",
    clock,
    log,
    reconcile: async (name) => {
      const namespace = namespaces.get(name);
      if (namespace?.metadata.deletionTimestamp === undefined) return;
      if (!(namespace.spec?.finalizers ?? []).includes(FINALIZER)) return;
      const left = await emptyNamespace(client, name);
      if (left > 0) return queue.addAfter(name, 1000); // objects with finalizers or a grace period are still going
      const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
      await client
        .update(
          Namespaces as Resource<Namespace>,
          { ...namespace, spec: { ...namespace.spec, finalizers } },
          { subresource: "finalize" },
        )
        .catch((error: unknown) => {
          if (!isKubeStatus(error, "NotFound")) throw error;
        });
    },
  });
  namespaces.onEvent(({ type, object }) => {
    if (type !== "DELETED" && object.metadata.deletionTimestamp !== undefined) queue.add(object.metadata.name ?? "");
  });
  return queue;
};

/** Deletes what the namespace holds, of every kind that discovery lists. Returns how many objects are left. */
async function emptyNamespace(client: KubeClient, namespace: string): Promise<number> {
  let left = 0;
  for (const resource of await namespacedResources(client)) {
    const { items } = await client.list(resource, { namespace });
    for (const { metadata } of items) {
      const target = { name: metadata.name ?? "", namespace };
      if (metadata.deletionTimestamp === undefined)
        await client.delete(resource, target).catch((error: unknown) => {
          if (!isKubeStatus(error, "NotFound", "Conflict")) throw error;
        });
      if ((await client.find(resource, target.name, namespace)) !== undefined) left++;
    }
  }
  return left;
}

type DiscoveryList = {
  items: {
    metadata: { name?: string };
    versions: {
      version: string;
      resources: { resource: string; scope: string; verbs: string[]; responseKind: { kind: string } }[];
    }[];
  }[];
};

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Every namespaced kind that can be listed and deleted, in its preferred version, CustomResources included. */
async function namespacedResources(client: KubeClient): Promise<Resource[]> {
  const found: Resource[] = [];
  for (const path of ["/api", "/apis"]) {
    const response = await client.raw("GET", path, { accept: AGGREGATED });
    for (const group of (JSON.parse(response.body) as DiscoveryList).items) {
      const seen = new Set<string>();
      for (const { version, resources } of group.versions)
        for (const { resource, scope, verbs, responseKind } of resources) {
          if (scope !== "Namespaced" || seen.has(resource) || !verbs.includes("list") || !verbs.includes("delete"))
            continue;
          seen.add(resource);
          found.push({
            group: group.metadata.name ?? "",
            version,
            kind: responseKind.kind,
            plural: resource,
            namespaced: true,
          });
        }
    }
  }
  return found;
}
