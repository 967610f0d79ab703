import type { KubeObject } from "../../../../kube/types.ts";
import type { Column, Kind } from "./kind.ts";

type Loose = Record<string, unknown>;

const NAME: Column = { name: "Name", type: "string", format: "name", value: ({ metadata }) => metadata.name ?? "" };
const AGE: Column = { name: "Age", type: "string", value: ({ metadata }, now) => age(metadata.creationTimestamp, now) };

const at = (object: KubeObject, ...path: string[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value === undefined || value === null ? undefined : (value as Loose)[key]),
    object,
  );
const count = (object: KubeObject, ...path: string[]): number => Number(at(object, ...path) ?? 0);
const size = (object: KubeObject, ...path: string[]): number =>
  Object.keys((at(object, ...path) ?? {}) as Loose).length;
const text = (value: unknown, otherwise = ""): string =>
  value === undefined || value === null || value === "" ? otherwise : String(value);

const column = (name: string, type: Column["type"], value: Column["value"], priority = 0): Column => ({
  name,
  type,
  value,
  priority,
});

/** Columns by `group/kind`; a CustomResource brings its own; anything else shows name and age. */
const BUILT_IN: Readonly<Record<string, readonly Column[]>> = {
  "/Pod": [
    NAME,
    column("Ready", "string", (pod) => {
      const statuses = (at(pod, "status", "containerStatuses") ?? []) as { ready?: boolean }[];
      return `${statuses.filter(({ ready }) => ready === true).length}/${((at(pod, "spec", "containers") ?? []) as unknown[]).length}`;
    }),
    column("Status", "string", podStatus),
    column("Restarts", "integer", (pod) =>
      ((at(pod, "status", "containerStatuses") ?? []) as { restartCount?: number }[]).reduce(
        (sum, { restartCount = 0 }) => sum + restartCount,
        0,
      ),
    ),
    AGE,
    column("IP", "string", (pod) => text(at(pod, "status", "podIP"), "<none>"), 1),
    column("Node", "string", (pod) => text(at(pod, "spec", "nodeName"), "<none>"), 1),
    column("Nominated Node", "string", (pod) => text(at(pod, "status", "nominatedNodeName"), "<none>"), 1),
    column("Readiness Gates", "string", () => "<none>", 1),
  ],
  "/Namespace": [NAME, column("Status", "string", (namespace) => text(at(namespace, "status", "phase"))), AGE],
  "/Node": [
    NAME,
    column("Status", "string", (node) => {
      const ready = ((at(node, "status", "conditions") ?? []) as Loose[]).find(({ type }) => type === "Ready");
      const state = ready === undefined ? "Unknown" : ready["status"] === "True" ? "Ready" : "NotReady";
      return at(node, "spec", "unschedulable") === true ? `${state},SchedulingDisabled` : state;
    }),
    column("Roles", "string", ({ metadata }) => {
      const prefix = "node-role.kubernetes.io/";
      const roles = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
      return (
        roles
          .map((label) => label.slice(prefix.length))
          .sort()
          .join(",") || "<none>"
      );
    }),
    AGE,
    column("Version", "string", (node) => text(at(node, "status", "nodeInfo", "kubeletVersion"))),
  ],
  "/ConfigMap": [NAME, column("Data", "integer", (map) => size(map, "data") + size(map, "binaryData")), AGE],
  "/Secret": [
    NAME,
    column("Type", "string", (secret) => text(secret["type"])),
    column("Data", "integer", (secret) => size(secret, "data")),
    AGE,
  ],
  "/ServiceAccount": [
    NAME,
    column("Secrets", "integer", (account) => ((account["secrets"] ?? []) as unknown[]).length),
    AGE,
  ],
  "/Service": [
    NAME,
    column("Type", "string", (service) => text(at(service, "spec", "type"))),
    column("Cluster-IP", "string", (service) => text(at(service, "spec", "clusterIP"), "<none>")),
    column("External-IP", "string", (service) => text(at(service, "spec", "externalName"), "<none>")),
    column(
      "Port(s)",
      "string",
      (service) =>
        ((at(service, "spec", "ports") ?? []) as Loose[])
          .map((port) => `${port["port"]}/${port["protocol"]}`)
          .join(",") || "<none>",
    ),
    AGE,
  ],
  "/Event": [
    column("Last Seen", "string", (event, now) =>
      age(text(event["lastTimestamp"] ?? event["eventTime"]) || undefined, now),
    ),
    column("Type", "string", (event) => text(event["type"])),
    column("Reason", "string", (event) => text(event["reason"])),
    column(
      "Object",
      "string",
      (event) =>
        `${text(at(event, "involvedObject", "kind")).toLowerCase()}/${text(at(event, "involvedObject", "name"))}`,
    ),
    column("Message", "string", (event) => text(event["message"]).trim()),
  ],
  "apps/Deployment": [
    NAME,
    column(
      "Ready",
      "string",
      (deployment) => `${count(deployment, "status", "readyReplicas")}/${count(deployment, "spec", "replicas")}`,
    ),
    column("Up-to-date", "integer", (deployment) => count(deployment, "status", "updatedReplicas")),
    column("Available", "integer", (deployment) => count(deployment, "status", "availableReplicas")),
    AGE,
  ],
  "apps/ReplicaSet": [
    NAME,
    column("Desired", "integer", (set) => count(set, "spec", "replicas")),
    column("Current", "integer", (set) => count(set, "status", "replicas")),
    column("Ready", "integer", (set) => count(set, "status", "readyReplicas")),
    AGE,
  ],
  "storage.k8s.io/CSIDriver": [
    NAME,
    column("AttachRequired", "string", (driver) => String(at(driver, "spec", "attachRequired") ?? true)),
    column("PodInfoOnMount", "string", (driver) => String(at(driver, "spec", "podInfoOnMount") ?? false)),
    column("StorageCapacity", "string", (driver) => String(at(driver, "spec", "storageCapacity") ?? false)),
    column(
      "TokenRequests",
      "string",
      (driver) =>
        ((at(driver, "spec", "tokenRequests") ?? []) as { audience: string }[])
          .map(({ audience }) => audience)
          .join(",") || "<unset>",
    ),
    column("RequiresRepublish", "string", (driver) => String(at(driver, "spec", "requiresRepublish") ?? false)),
    column("Modes", "string", (driver) => ((at(driver, "spec", "volumeLifecycleModes") ?? []) as string[]).join(",")),
    AGE,
  ],
  "apiextensions.k8s.io/CustomResourceDefinition": [
    NAME,
    { name: "Created At", type: "date", value: ({ metadata }) => metadata.creationTimestamp ?? "" },
  ],
};

export function columnsOf(kind: Kind): readonly Column[] {
  return kind.columns ?? BUILT_IN[`${kind.group}/${kind.kind}`] ?? [NAME, AGE];
}

/** What `kubectl get pods` shows as status: the reason of a container where it says more than the phase. */
function podStatus(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "Terminating";
  let status = text(at(pod, "status", "reason")) || text(at(pod, "status", "phase"));
  for (const container of [...((at(pod, "status", "containerStatuses") ?? []) as Loose[])].reverse()) {
    const waiting = at(container as KubeObject, "state", "waiting", "reason");
    const terminated = container["state"] === undefined ? undefined : (container["state"] as Loose)["terminated"];
    if (waiting) status = String(waiting);
    else if (terminated !== undefined && terminated !== null) {
      const { reason, exitCode, signal } = terminated as Loose;
      status = reason ? String(reason) : signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
    }
  }
  return status;
}

/** Go's duration.HumanDuration: two units at most, fewer as time goes by. */
export function age(since: string | undefined, now: number): string {
  if (since === undefined) return "<unknown>";
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  const two = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return two(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? two(years, "y", days % 365, "d") : `${years}y`;
}
