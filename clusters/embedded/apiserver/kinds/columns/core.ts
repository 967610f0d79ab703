import type { KubeObject } from "../../../../../kube/types.ts";
import {
  AGE,
  age,
  at,
  type Columns,
  CREATED_AT,
  column,
  containerColumns,
  type Loose,
  labelText,
  list,
  NAME,
  NONE,
  selectorText,
  size,
  text,
  wide,
} from "./column.ts";
import { podColumns } from "./pods.ts";

const ACCESS_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};
const accessModes = (object: KubeObject, ...path: string[]): string =>
  ((at(object, ...path) ?? []) as string[]).map((mode) => ACCESS_MODES[mode] ?? mode).join(",");

function nodeAddress(node: KubeObject, type: string): string {
  return text(list(node, "status", "addresses").find((one) => one["type"] === type)?.["address"], NONE);
}

function nodeRoles({ metadata }: KubeObject): string {
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return (
    roles
      .map((label) => label.slice(prefix.length))
      .sort()
      .join(",") || NONE
  );
}

function nodeStatus(node: KubeObject): string {
  const ready = list(node, "status", "conditions").find(({ type }) => type === "Ready");
  const state = ready === undefined ? "Unknown" : ready["status"] === "True" ? "Ready" : "NotReady";
  return at(node, "spec", "unschedulable") === true ? `${state},SchedulingDisabled` : state;
}

function servicePorts(service: KubeObject): string {
  const ports = list(service, "spec", "ports").map(({ nodePort, port, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return ports.join(",") || NONE;
}

function externalAddress(service: KubeObject): string {
  const type = at(service, "spec", "type");
  if (type === "ExternalName") return text(at(service, "spec", "externalName"));
  const given = ((at(service, "spec", "externalIPs") ?? []) as string[]).join(",");
  if (type !== "LoadBalancer") return given || NONE;
  const balanced = list(service, "status", "loadBalancer", "ingress").map(
    ({ hostname, ip }) => text(ip) || text(hostname),
  );
  return [...balanced, ...(given === "" ? [] : [given])].join(",") || "<pending>";
}

/** firstTimestamp and count, or what a series says of them. */
const eventTime = (event: KubeObject, ...fields: string[]): string | undefined =>
  fields.map((field) => text(at(event, ...field.split(".")))).find((found) => found !== "");

const eventColumns = [
  column("Last Seen", "string", (event, now) =>
    age(eventTime(event, "series.lastObservedTime", "lastTimestamp", "eventTime"), now),
  ),
  column("Type", "string", (event) => text(event["type"])),
  column("Reason", "string", (event) => text(event["reason"])),
  column("Object", "string", (event) => {
    const object = (event["involvedObject"] ?? event["regarding"]) as Loose | undefined;
    const kind = text(object?.["kind"]).toLowerCase();
    const name = text(object?.["name"]);
    return name === "" ? kind : `${kind}/${name}`;
  }),
  wide("Subobject", (event) => text(at(event["involvedObject"] ?? event["regarding"], "fieldPath"))),
  wide("Source", (event) => {
    const source = (event["source"] ?? event["deprecatedSource"] ?? {}) as Loose;
    const component = text(source["component"]) || text(event["reportingComponent"] ?? event["reportingController"]);
    const host = text(source["host"]) || text(event["reportingInstance"]);
    return host === "" ? component : `${component}, ${host}`;
  }),
  column("Message", "string", (event) => text(event["message"] ?? event["note"]).trim()),
  wide("First Seen", (event, now) => age(eventTime(event, "firstTimestamp", "eventTime"), now)),
  wide("Count", (event) => Number(at(event, "series", "count") ?? event["count"] ?? event["deprecatedCount"] ?? 1)),
  { ...NAME, priority: 1 },
];

export const CORE_COLUMNS: Columns = {
  "/Pod": podColumns,
  "/Namespace": [NAME, column("Status", "string", (namespace) => text(at(namespace, "status", "phase"))), AGE],
  "/Node": [
    NAME,
    column("Status", "string", nodeStatus),
    column("Roles", "string", nodeRoles),
    AGE,
    column("Version", "string", (node) => text(at(node, "status", "nodeInfo", "kubeletVersion"))),
    wide("Internal-IP", (node) => nodeAddress(node, "InternalIP")),
    wide("External-IP", (node) => nodeAddress(node, "ExternalIP")),
    ...(
      [
        ["OS-Image", "osImage"],
        ["Kernel-Version", "kernelVersion"],
        ["Container-Runtime", "containerRuntimeVersion"],
      ] as const
    ).map(([name, field]) => wide(name, (node) => text(at(node, "status", "nodeInfo", field), "<unknown>"))),
  ],
  "/ConfigMap": [NAME, column("Data", "string", (map) => size(map, "data") + size(map, "binaryData")), AGE],
  "/Secret": [
    NAME,
    column("Type", "string", (secret) => text(secret["type"])),
    column("Data", "string", (secret) => size(secret, "data")),
    AGE,
  ],
  "/ServiceAccount": [NAME, column("Secrets", "string", (account) => list(account, "secrets").length), AGE],
  "/Service": [
    NAME,
    column("Type", "string", (service) => text(at(service, "spec", "type"))),
    column("Cluster-IP", "string", (service) => text(at(service, "spec", "clusterIP"), NONE)),
    column("External-IP", "string", externalAddress),
    column("Port(s)", "string", servicePorts),
    AGE,
    wide("Selector", (service) => labelText(at(service, "spec", "selector"))),
  ],
  "/Endpoints": [
    NAME,
    column("Endpoints", "string", (endpoints) => {
      const all = list(endpoints, "subsets").flatMap((subset) =>
        list(subset, "addresses").flatMap(({ ip }) => {
          const ports = list(subset, "ports").map(({ port }) => `${ip}:${port}`);
          return ports.length === 0 ? [text(ip)] : ports;
        }),
      );
      if (all.length === 0) return NONE;
      return all.length <= 3 ? all.join(",") : `${all.slice(0, 3).join(",")} + ${all.length - 3} more...`;
    }),
    AGE,
  ],
  "/Event": eventColumns,
  "events.k8s.io/Event": eventColumns,
  "/LimitRange": [NAME, CREATED_AT],
  "/ResourceQuota": [
    NAME,
    ...(["Request", "Limit"] as const).map((name) =>
      column(name, "string", (quota) =>
        Object.entries((at(quota, "status", "hard") ?? {}) as Loose)
          .filter(([key]) => key.startsWith("limits.") === (name === "Limit"))
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, hard]) => `${key}: ${text(at(quota, "status", "used", key), "0")}/${hard}`)
          .join(", "),
      ),
    ),
    AGE,
  ],
  "/PersistentVolume": [
    NAME,
    column("Capacity", "string", (volume) => text(at(volume, "spec", "capacity", "storage"))),
    column("Access Modes", "string", (volume) => accessModes(volume, "spec", "accessModes")),
    column("Reclaim Policy", "string", (volume) => text(at(volume, "spec", "persistentVolumeReclaimPolicy"))),
    column("Status", "string", (volume) => text(at(volume, "status", "phase"))),
    column("Claim", "string", (volume) => {
      const claim = at(volume, "spec", "claimRef") as Loose | undefined;
      return claim === undefined || claim === null ? "" : `${claim["namespace"]}/${claim["name"]}`;
    }),
    column("StorageClass", "string", (volume) => text(at(volume, "spec", "storageClassName"))),
    column("VolumeAttributesClass", "string", (volume) =>
      text(at(volume, "spec", "volumeAttributesClassName"), "<unset>"),
    ),
    column("Reason", "string", (volume) => text(at(volume, "status", "reason"))),
    AGE,
    wide("VolumeMode", (volume) => text(at(volume, "spec", "volumeMode"), "<unset>")),
  ],
  "/PersistentVolumeClaim": [
    NAME,
    column("Status", "string", (claim) => text(at(claim, "status", "phase"))),
    column("Volume", "string", (claim) => text(at(claim, "spec", "volumeName"))),
    column("Capacity", "string", (claim) => text(at(claim, "status", "capacity", "storage"))),
    column("Access Modes", "string", (claim) => accessModes(claim, "status", "accessModes")),
    column("StorageClass", "string", (claim) => text(at(claim, "spec", "storageClassName"))),
    column("VolumeAttributesClass", "string", (claim) =>
      text(at(claim, "spec", "volumeAttributesClassName"), "<unset>"),
    ),
    AGE,
    wide("VolumeMode", (claim) => text(at(claim, "spec", "volumeMode"), "<unset>")),
  ],
  "/PodTemplate": [
    NAME,
    ...containerColumns("template", "spec").map((one) => ({ ...one, priority: 0 })),
    column("Pod Labels", "string", (template) => labelText(at(template, "template", "metadata", "labels"))),
  ],
  "/ReplicationController": [
    NAME,
    column("Desired", "integer", () => 0),
    column("Current", "integer", () => 0),
    column("Ready", "integer", () => 0),
    AGE,
    ...containerColumns("spec", "template", "spec"),
    wide("Selector", (controller) => labelText(at(controller, "spec", "selector"))),
  ],
  "networking.k8s.io/NetworkPolicy": [
    NAME,
    column("Pod-Selector", "string", (policy) => selectorText(at(policy, "spec", "podSelector"))),
    AGE,
  ],
};
