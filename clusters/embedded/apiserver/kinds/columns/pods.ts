import type { KubeObject } from "../../../../../kube/types.ts";
import type { Column } from "../kind.ts";
import { AGE, age, at, column, type Loose, list, NAME, NONE, text, wide } from "./column.ts";

/** What `kubectl get pods` shows (k8s.io/kubernetes, printers/internalversion, printPod). */
export const podColumns: readonly Column[] = [
  NAME,
  column("Ready", "string", (pod) => `${summary(pod).ready}/${list(pod, "spec", "containers").length}`),
  column("Status", "string", (pod) => summary(pod).status),
  column("Restarts", "string", restarts),
  AGE,
  wide("IP", (pod) => text(at(pod, "status", "podIP"), NONE)),
  wide("Node", (pod) => text(at(pod, "spec", "nodeName"), NONE)),
  wide("Nominated Node", (pod) => text(at(pod, "status", "nominatedNodeName"), NONE)),
  wide("Readiness Gates", (pod) => {
    const gates = list(pod, "spec", "readinessGates");
    if (gates.length === 0) return NONE;
    const conditions = list(pod, "status", "conditions");
    const met = gates.filter(({ conditionType }) =>
      conditions.some(({ status, type }) => type === conditionType && status === "True"),
    );
    return `${met.length}/${gates.length}`;
  }),
];

const state = (container: Loose, name: string): Loose | undefined =>
  (at(container, "state", name) ?? undefined) as Loose | undefined;

function terminatedText({ exitCode, reason, signal }: Loose): string {
  return text(reason) || (signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`);
}

function summary(pod: KubeObject): { readonly status: string; readonly ready: number } {
  let status = text(at(pod, "status", "reason")) || text(at(pod, "status", "phase"));
  if (
    list(pod, "status", "conditions").some(
      ({ reason, type }) => type === "PodScheduled" && reason === "SchedulingGated",
    )
  )
    status = "SchedulingGated";
  const initial = initStatus(pod);
  let ready = 0;
  let hasRunning = false;
  for (const container of [...list(pod, "status", "containerStatuses")].reverse()) {
    const waiting = state(container, "waiting");
    const terminated = state(container, "terminated");
    if (container["ready"] === true && state(container, "running") !== undefined) {
      ready++;
      hasRunning = true;
    }
    if (initial !== undefined) continue;
    if (text(waiting?.["reason"]) !== "") status = text(waiting?.["reason"]);
    else if (terminated !== undefined) status = terminatedText(terminated);
  }
  if (initial !== undefined) status = initial;
  // A pod that runs on while one of its containers has ended well is not completed.
  else if (status === "Completed" && hasRunning) status = isReady(pod) ? "Running" : "NotReady";
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (at(pod, "status", "reason") === "NodeLost") status = "Unknown";
    else if (!["Succeeded", "Failed"].includes(text(at(pod, "status", "phase")))) status = "Terminating";
  }
  return { status, ready };
}

function isReady(pod: KubeObject): boolean {
  return list(pod, "status", "conditions").some(({ status, type }) => type === "Ready" && status === "True");
}

/** `Init:0/2` and the like while init containers are not through; undefined afterwards. */
function initStatus(pod: KubeObject): string | undefined {
  const total = list(pod, "spec", "initContainers").length;
  for (const [index, container] of list(pod, "status", "initContainerStatuses").entries()) {
    const terminated = state(container, "terminated");
    const waiting = state(container, "waiting");
    if (terminated !== undefined && Number(terminated["exitCode"] ?? 0) === 0) continue;
    if (container["started"] === true && list(pod, "spec", "initContainers")[index]?.["restartPolicy"] === "Always")
      continue;
    if (terminated !== undefined) return `Init:${terminatedText(terminated)}`;
    const reason = text(waiting?.["reason"]);
    if (reason !== "" && reason !== "PodInitializing") return `Init:${reason}`;
    return `Init:${index}/${total}`;
  }
  return undefined;
}

function restarts(pod: KubeObject, now: number): string {
  let sum = 0;
  let last: string | undefined;
  for (const container of list(pod, "status", "containerStatuses")) {
    sum += Number(container["restartCount"] ?? 0);
    const ended = text(at(container, "lastState", "terminated", "finishedAt"));
    if (ended !== "" && (last === undefined || ended > last)) last = ended;
  }
  return sum === 0 || last === undefined ? String(sum) : `${sum} (${age(last, now)} ago)`;
}
