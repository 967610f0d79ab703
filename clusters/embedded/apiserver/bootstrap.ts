import type { KubeObject } from "../../../kube/types.ts";
import { bootstrapRbac } from "./auth/rbac/bootstrap.ts";
import { acceptedStatus, isDefinition } from "./crd/definitions.ts";
import { secretsStoreDefinitions } from "./crd/secrets-store.ts";
import { objectKey, tableOf } from "./kinds/registry.ts";
import { type ServerContext, timestamp } from "./server-context.ts";

const NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** What every cluster holds before anybody writes to it, and the definitions this one exists for. */
export function bootstrap(server: ServerContext, options: { readonly secretsStore: boolean }): void {
  for (const name of NAMESPACES)
    put(server, "", "v1", "namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  for (const object of bootstrapRbac())
    put(
      server,
      "rbac.authorization.k8s.io",
      "v1",
      object.kind === "ClusterRole" ? "clusterroles" : "clusterrolebindings",
      object,
    );
  if (!options.secretsStore) return;
  for (const definition of secretsStoreDefinitions())
    put(server, "apiextensions.k8s.io", "v1", "customresourcedefinitions", definition);
}

function put(server: ServerContext, group: string, version: string, plural: string, object: KubeObject): void {
  const kind = server.registry.find(group, version, plural);
  if (kind === undefined) return;
  object.metadata.uid = server.random.uuid();
  object.metadata.creationTimestamp = timestamp(server.clock);
  kind.defaults?.(object, () => undefined);
  kind.prepare?.(object, undefined);
  if (isDefinition(object)) object.status = acceptedStatus(object, timestamp(server.clock));
  const { namespace = "", name = "" } = object.metadata;
  server.store.put(tableOf(kind), objectKey(kind, namespace, name), object);
}
