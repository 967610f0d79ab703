import type { KubeObject } from "../../../../../kube/types.ts";
import type { Column, Kind } from "../kind.ts";
import { AGE, at, type Columns, CREATED_AT, column, list, NAME, NONE, text, wide } from "./column.ts";
import { CORE_COLUMNS } from "./core.ts";
import { WORKLOAD_COLUMNS } from "./workloads.ts";

const RBAC = "rbac.authorization.k8s.io";

const subjects = (binding: KubeObject, kind: string): string =>
  list(binding, "subjects")
    .filter((subject) => subject["kind"] === kind)
    .map(({ name, namespace }) => (kind === "ServiceAccount" ? `${namespace}/${name}` : text(name)))
    .join(", ");
const bindingColumns: readonly Column[] = [
  NAME,
  column("Role", "string", ({ roleRef }) => `${text(at(roleRef, "kind"))}/${text(at(roleRef, "name"))}`),
  AGE,
  wide("Users", (binding) => subjects(binding, "User")),
  wide("Groups", (binding) => subjects(binding, "Group")),
  wide("ServiceAccounts", (binding) => subjects(binding, "ServiceAccount")),
];
const flag = (name: string, field: string, otherwise: boolean): Column =>
  column(name, "boolean", (object) => (at(object, "spec", field) ?? otherwise) === true);

/** Columns by `group/kind`; a CustomResource brings its own; anything else shows name and age. */
const BUILT_IN: Columns = {
  ...CORE_COLUMNS,
  ...WORKLOAD_COLUMNS,
  [`${RBAC}/Role`]: [NAME, CREATED_AT],
  [`${RBAC}/ClusterRole`]: [NAME, CREATED_AT],
  [`${RBAC}/RoleBinding`]: bindingColumns,
  [`${RBAC}/ClusterRoleBinding`]: bindingColumns,
  "coordination.k8s.io/Lease": [
    NAME,
    column("Holder", "string", (lease) => text(at(lease, "spec", "holderIdentity"))),
    AGE,
  ],
  "storage.k8s.io/CSIDriver": [
    NAME,
    flag("AttachRequired", "attachRequired", true),
    flag("PodInfoOnMount", "podInfoOnMount", false),
    flag("StorageCapacity", "storageCapacity", false),
    column(
      "TokenRequests",
      "string",
      (driver) =>
        list(driver, "spec", "tokenRequests")
          .map(({ audience }) => text(audience))
          .join(",") || "<unset>",
    ),
    flag("RequiresRepublish", "requiresRepublish", false),
    column("Modes", "string", (driver) => ((at(driver, "spec", "volumeLifecycleModes") ?? []) as string[]).join(",")),
    AGE,
  ],
  "storage.k8s.io/CSINode": [NAME, column("Drivers", "integer", (node) => list(node, "spec", "drivers").length), AGE],
  "storage.k8s.io/StorageClass": [
    { ...NAME, value: ({ metadata }) => storageClassName(metadata) },
    column("Provisioner", "string", (one) => text(one["provisioner"])),
    column("ReclaimPolicy", "string", (one) => text(one["reclaimPolicy"], "Delete")),
    column("VolumeBindingMode", "string", (one) => text(one["volumeBindingMode"], "Immediate")),
    column("AllowVolumeExpansion", "string", (one) => one["allowVolumeExpansion"] === true),
    AGE,
  ],
  "storage.k8s.io/VolumeAttachment": [
    NAME,
    column("Attacher", "string", (one) => text(at(one, "spec", "attacher"))),
    column("PV", "string", (one) => text(at(one, "spec", "source", "persistentVolumeName"))),
    column("Node", "string", (one) => text(at(one, "spec", "nodeName"))),
    column("Attached", "string", (one) => at(one, "status", "attached") === true),
    AGE,
  ],
  "storage.k8s.io/CSIStorageCapacity": [
    NAME,
    column("StorageClassName", "string", (one) => text(one["storageClassName"])),
    column("Capacity", "string", (one) => text(one["capacity"], "<unset>")),
  ],
  "storage.k8s.io/VolumeAttributesClass": [NAME, column("DriverName", "string", (one) => text(one["driverName"])), AGE],
  "networking.k8s.io/Ingress": [
    NAME,
    column("Class", "string", (ingress) => text(at(ingress, "spec", "ingressClassName"), NONE)),
    column("Hosts", "string", (ingress) => {
      const hosts = list(ingress, "spec", "rules")
        .map(({ host }) => text(host))
        .filter((host) => host !== "");
      return hosts.join(",") || "*";
    }),
    column("Address", "string", (ingress) =>
      list(ingress, "status", "loadBalancer", "ingress")
        .map(({ hostname, ip }) => text(ip) || text(hostname))
        .join(","),
    ),
    column("Ports", "string", (ingress) => (list(ingress, "spec", "tls").length > 0 ? "80, 443" : "80")),
    AGE,
  ],
  "networking.k8s.io/IngressClass": [
    NAME,
    column("Controller", "string", (one) => text(at(one, "spec", "controller"))),
    column("Parameters", "string", (one) => {
      const parameters = at(one, "spec", "parameters");
      if (parameters === undefined || parameters === null) return NONE;
      return `${text(at(parameters, "kind"))}${at(parameters, "apiGroup") ? `.${at(parameters, "apiGroup")}` : ""}/${text(at(parameters, "name"))}`;
    }),
    AGE,
  ],
  "discovery.k8s.io/EndpointSlice": [
    NAME,
    column("AddressType", "string", (slice) => text(slice["addressType"])),
    column(
      "Ports",
      "string",
      (slice) =>
        list(slice, "ports")
          .map(({ port }) => text(port, "*"))
          .join(",") || "<unset>",
    ),
    column(
      "Endpoints",
      "string",
      (slice) =>
        list(slice, "endpoints")
          .flatMap(({ addresses }) => (addresses ?? []) as string[])
          .join(",") || "<unset>",
    ),
    AGE,
  ],
  "apiextensions.k8s.io/CustomResourceDefinition": [
    NAME,
    { name: "Created At", type: "date", value: ({ metadata }) => metadata.creationTimestamp ?? "" },
  ],
};

function storageClassName({ annotations, name = "" }: KubeObject["metadata"]): string {
  return annotations?.["storageclass.kubernetes.io/is-default-class"] === "true" ? `${name} (default)` : name;
}

/** A CustomResource's own columns come after its name; without any it shows its age. */
export function columnsOf(kind: Kind): readonly Column[] {
  if (kind.columns !== undefined) return [NAME, ...kind.columns];
  return BUILT_IN[`${kind.group}/${kind.kind}`] ?? [NAME, AGE];
}
