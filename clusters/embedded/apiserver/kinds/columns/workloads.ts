import type { KubeObject } from "../../../../../kube/types.ts";
import type { Column } from "../kind.ts";
import {
  AGE,
  age,
  at,
  type Columns,
  column,
  containerColumns,
  count,
  humanDuration,
  labelText,
  list,
  NAME,
  NONE,
  selectorText,
  text,
  wide,
} from "./column.ts";

const selector = wide("Selector", (object) => selectorText(at(object, "spec", "selector")));
const template = containerColumns("spec", "template", "spec");
const number = (name: string, ...path: string[]): Column => column(name, "integer", (object) => count(object, ...path));

function jobStatus(job: KubeObject): string {
  const has = (wanted: string): boolean =>
    list(job, "status", "conditions").some(({ status, type }) => type === wanted && status === "True");
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (has("Suspended")) return "Suspended";
  if (has("FailureTarget")) return "FailureTarget";
  return has("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function jobCompletions(job: KubeObject): string {
  const succeeded = count(job, "status", "succeeded");
  const completions = at(job, "spec", "completions");
  if (completions !== undefined && completions !== null) return `${succeeded}/${completions}`;
  const parallelism = count(job, "spec", "parallelism");
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: KubeObject, now: number): string {
  const started = text(at(job, "status", "startTime"));
  if (started === "") return "";
  const ended = text(at(job, "status", "completionTime"));
  return humanDuration(
    Math.max(0, Math.floor(((ended === "" ? now : Date.parse(ended)) - Date.parse(started)) / 1000)),
  );
}

function metricTargets(autoscaler: KubeObject): string {
  const parts = list(autoscaler, "spec", "metrics").map((metric) => {
    const resource = metric["resource"];
    const target = at(resource, "target", "averageUtilization");
    return target === undefined ? "<unknown>" : `${text(at(resource, "name"))}: <unknown>/${target}%`;
  });
  return parts.join(", ") || NONE;
}

export const WORKLOAD_COLUMNS: Columns = {
  "apps/Deployment": [
    NAME,
    column(
      "Ready",
      "string",
      (deployment) => `${count(deployment, "status", "readyReplicas")}/${count(deployment, "spec", "replicas")}`,
    ),
    column("Up-to-date", "string", (deployment) => count(deployment, "status", "updatedReplicas")),
    column("Available", "string", (deployment) => count(deployment, "status", "availableReplicas")),
    AGE,
    ...template,
    selector,
  ],
  "apps/ReplicaSet": [
    NAME,
    number("Desired", "spec", "replicas"),
    number("Current", "status", "replicas"),
    number("Ready", "status", "readyReplicas"),
    AGE,
    ...template,
    selector,
  ],
  "apps/DaemonSet": [
    NAME,
    number("Desired", "status", "desiredNumberScheduled"),
    number("Current", "status", "currentNumberScheduled"),
    number("Ready", "status", "numberReady"),
    number("Up-to-date", "status", "updatedNumberScheduled"),
    number("Available", "status", "numberAvailable"),
    column("Node Selector", "string", (set) => labelText(at(set, "spec", "template", "spec", "nodeSelector"))),
    AGE,
    ...template,
    selector,
  ],
  "apps/StatefulSet": [
    NAME,
    column("Ready", "string", (set) => `${count(set, "status", "readyReplicas")}/${count(set, "spec", "replicas")}`),
    AGE,
    ...template,
  ],
  "apps/ControllerRevision": [
    NAME,
    column("Controller", "string", ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (owner === undefined) return NONE;
      const group = owner.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
      return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
    }),
    column("Revision", "string", (revision) => count(revision, "revision")),
    AGE,
  ],
  "batch/Job": [
    NAME,
    column("Status", "string", jobStatus),
    column("Completions", "string", jobCompletions),
    column("Duration", "string", jobDuration),
    AGE,
    ...template,
    selector,
  ],
  "batch/CronJob": [
    NAME,
    column("Schedule", "string", (job) => text(at(job, "spec", "schedule"))),
    column("Timezone", "string", (job) => text(at(job, "spec", "timeZone"), NONE)),
    column("Suspend", "boolean", (job) => (at(job, "spec", "suspend") === true ? "True" : "False")),
    column("Active", "integer", (job) => list(job, "status", "active").length),
    column("Last Schedule", "string", (job, now) => {
      const last = text(at(job, "status", "lastScheduleTime"));
      return last === "" ? NONE : age(last, now);
    }),
    AGE,
    ...containerColumns("spec", "jobTemplate", "spec", "template", "spec"),
    wide("Selector", (job) => selectorText(at(job, "spec", "jobTemplate", "spec", "selector"))),
  ],
  "autoscaling/HorizontalPodAutoscaler": [
    NAME,
    column("Reference", "string", (autoscaler) => {
      const target = at(autoscaler, "spec", "scaleTargetRef");
      return `${text(at(target, "kind"))}/${text(at(target, "name"))}`;
    }),
    column("Targets", "string", metricTargets),
    column("MinPods", "string", (autoscaler) => text(at(autoscaler, "spec", "minReplicas"), "<unset>")),
    column("MaxPods", "string", (autoscaler) => count(autoscaler, "spec", "maxReplicas")),
    column("Replicas", "string", (autoscaler) => count(autoscaler, "status", "currentReplicas")),
    AGE,
  ],
  "policy/PodDisruptionBudget": [
    NAME,
    column("Min Available", "string", (budget) => text(at(budget, "spec", "minAvailable"), "N/A")),
    column("Max Unavailable", "string", (budget) => text(at(budget, "spec", "maxUnavailable"), "N/A")),
    number("Allowed Disruptions", "status", "disruptionsAllowed"),
    AGE,
  ],
  "scheduling.k8s.io/PriorityClass": [
    NAME,
    number("Value", "value"),
    column("Global-Default", "boolean", (one) => one["globalDefault"] === true),
    AGE,
    column("PreemptionPolicy", "string", (one) => text(one["preemptionPolicy"])),
  ],
};
