import type { KubeObject } from "../../../kube/types.ts";
import { bootstrapRbac } from "./auth/rbac/bootstrap.ts";
import { acceptedStatus, isDefinition } from "./crd/definitions.ts";
import { secretsStoreDefinitions } from "./crd/secrets-store.ts";
import { objectKey, tableOf } from "./kinds/registry.ts";
import { API_SERVER_ADDRESS, KUBERNETES_SERVICE_IP } from "./own-addresses.ts";
import { findStored, type ServerContext, timestamp } from "./server-context.ts";

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
  for (const [group, version, plural, object] of ownService()) put(server, group, version, plural, object);
  if (!options.secretsStore) return;
  for (const definition of secretsStoreDefinitions())
    put(server, "apiextensions.k8s.io", "v1", "customresourcedefinitions", definition);
}

/** The API server's own Service, which it keeps itself. */
function ownService(): readonly (readonly [string, string, string, KubeObject])[] {
  const name = "kubernetes";
  const metadata = (labels: Record<string, string>): KubeObject["metadata"] => ({ name, namespace: "default", labels });
  const port = { name: "https", port: 6443, protocol: "TCP" };
  const spec = {
    clusterIP: KUBERNETES_SERVICE_IP,
    clusterIPs: [KUBERNETES_SERVICE_IP],
    internalTrafficPolicy: "Cluster",
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
    ports: [{ ...port, port: 443, targetPort: 6443 }],
    sessionAffinity: "None",
    type: "ClusterIP",
  };
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata({ component: "apiserver", provider: "kubernetes" }),
    spec,
    status: { loadBalancer: {} },
  };
  const endpoints = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: metadata({ "endpointslice.kubernetes.io/skip-mirror": "true" }),
    subsets: [{ addresses: [{ ip: API_SERVER_ADDRESS }], ports: [port] }],
  };
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: metadata({ "kubernetes.io/service-name": name }),
    addressType: "IPv4",
    endpoints: [{ addresses: [API_SERVER_ADDRESS], conditions: { ready: true } }],
    ports: [port],
  };
  return [
    ["", "v1", "services", service],
    ["", "v1", "endpoints", endpoints],
    ["discovery.k8s.io", "v1", "endpointslices", slice],
  ];
}

function put(server: ServerContext, group: string, version: string, plural: string, object: KubeObject): void {
  const kind = server.registry.find(group, version, plural);
  const { namespace = "", name = "" } = object.metadata;
  // A server that starts on a state that was kept leaves what is there as it is.
  if (kind === undefined || findStored(server, kind, namespace, name) !== undefined) return;
  object.metadata.uid = server.random.uuid();
  object.metadata.creationTimestamp = timestamp(server.clock);
  kind.defaults?.(object, () => undefined);
  kind.prepare?.(object, undefined);
  if (isDefinition(object)) object.status = acceptedStatus(object, timestamp(server.clock));
  server.store.put(tableOf(kind), objectKey(kind, namespace, name), object);
}
