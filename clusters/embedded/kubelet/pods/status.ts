import type { RuntimeContainer, RuntimePod } from "../containers/runtime.ts";
import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodPhase, PodStatus } from "../types.ts";
import { rfc3339 } from "../values.ts";
import { isInitialized, shouldRestart } from "./restart.ts";

/** Why a container could not be started at the last try. */
export type WaitingReason = { readonly reason: string; readonly message: string };

export type StatusFacts = {
  readonly runtime: RuntimePod | undefined;
  readonly waiting: (container: string) => WaitingReason | undefined;
  /** Result of the readiness probe of a running container. */
  readonly isReady: (container: Container) => boolean;
  /** Its startup probe has passed, or it has none. */
  readonly isStarted: (container: Container) => boolean;
  readonly hostIP: string;
  /** The pod is past its termination: a pod whose containers ended is over whatever its restart policy. */
  readonly isTerminal: boolean;
};

/** The status a pod should show (spec kubelet-csi §9). Times of conditions and start are left to the writer. */
export function podStatus(pod: Pod, facts: StatusFacts): PodStatus {
  const { initContainers = [], containers } = pod.spec;
  const waitingReason = initContainers.length > 0 ? "PodInitializing" : "ContainerCreating";
  const apps = containers.map((c) => containerStatus(pod, c, "app", facts, waitingReason));
  const inits = initContainers.map((c) => containerStatus(pod, c, "init", facts, waitingReason));
  const phase = phaseOf(pod, inits, apps, facts.isTerminal);
  const sandbox = facts.runtime?.sandbox;
  const { generation } = pod.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    conditions: conditionsOf(pod, phase, inits, apps, sandbox?.isReady === true),
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    ...(sandbox !== undefined && { podIP: sandbox.ip, podIPs: [{ ip: sandbox.ip }] }),
    ...(inits.length > 0 && { initContainerStatuses: inits }),
    containerStatuses: apps.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** The same pod, ended from outside: it counts as failed whatever its containers say. */
export function failed(status: PodStatus, reason: string, message: string): PodStatus {
  const unready = { status: "False", reason: "PodFailed" } as const;
  const conditions = status.conditions?.map((condition) => {
    if (condition.type !== "Ready" && condition.type !== "ContainersReady") return condition;
    const { message: _was, ...rest } = condition;
    return { ...rest, ...unready };
  });
  return { ...status, phase: "Failed", reason, message, ...(conditions !== undefined && { conditions }) };
}

function containerStatus(
  pod: Pod,
  container: Container,
  kind: "init" | "app",
  facts: StatusFacts,
  waitingReason: string,
): ContainerStatus {
  const [newest, before] = (facts.runtime?.containers ?? []).filter(({ name }) => name === container.name);
  let state: ContainerState = newest === undefined ? { waiting: { reason: waitingReason } } : stateOf(newest);
  let lastState: ContainerState = before === undefined ? {} : stateOf(before);
  const failure = facts.waiting(container.name);
  const isDone = kind === "init" && isInitialized(container, newest);
  if (failure !== undefined && !isDone && newest?.state !== "running" && shouldRestart(pod, container, newest)) {
    if (state.terminated !== undefined) lastState = state;
    state = { waiting: failure };
  }
  const isRunning = state.running !== undefined;
  const isReady = kind === "init" ? isInitialized(container, newest) : isRunning && facts.isReady(container);
  return {
    name: container.name,
    state,
    lastState,
    ready: isReady,
    restartCount: newest?.attempt ?? 0,
    image: container.image ?? "",
    imageID: newest === undefined ? "" : `${container.image ?? ""}@simulated`,
    ...(newest !== undefined && { containerID: newest.id }),
    started: isRunning && facts.isStarted(container),
  };
}

function stateOf(container: RuntimeContainer): ContainerState {
  const startedAt = rfc3339(container.startedAt);
  if (container.state === "running") return { running: { startedAt } };
  return {
    terminated: {
      exitCode: container.exitCode ?? 0,
      ...(container.reason !== undefined && { reason: container.reason }),
      ...(container.message !== undefined && { message: container.message }),
      startedAt,
      finishedAt: rfc3339(container.finishedAt ?? container.startedAt),
      containerID: container.id,
    },
  };
}

function phaseOf(
  pod: Pod,
  inits: readonly ContainerStatus[],
  apps: readonly ContainerStatus[],
  isTerminal: boolean,
): PodPhase {
  const { restartPolicy = "Always" } = pod.spec;
  const hasFailedInit = inits.some(({ state, lastState }) => (state.terminated ?? lastState.terminated)?.exitCode);
  if (hasFailedInit && restartPolicy === "Never") return "Failed";
  const isInitializing = inits.some(({ ready }) => !ready);
  const isWaiting = apps.some(
    ({ state, lastState }) => state.waiting !== undefined && lastState.terminated === undefined,
  );
  if ((isInitializing || isWaiting) && !(isTerminal && hasFailedInit)) return "Pending";
  if (apps.some(({ state }) => state.running !== undefined)) return "Running";
  const codes = apps.map(({ state, lastState }) => (state.terminated ?? lastState.terminated)?.exitCode);
  const hasSucceeded = codes.every((code) => code === 0);
  if (isTerminal) return hasSucceeded ? "Succeeded" : "Failed";
  if (restartPolicy === "Always") return "Running";
  if (hasSucceeded) return "Succeeded";
  return restartPolicy === "Never" ? "Failed" : "Running";
}

/** In the order in which kubelet writes them. */
function conditionsOf(
  pod: Pod,
  phase: PodPhase,
  inits: readonly ContainerStatus[],
  apps: readonly ContainerStatus[],
  hasSandbox: boolean,
): PodCondition[] {
  const incomplete = inits.filter(({ ready }) => !ready).map(({ name }) => name);
  const initialized: Verdict =
    phase === "Succeeded"
      ? { status: "True", reason: "PodCompleted" }
      : incomplete.length > 0
        ? no("ContainersNotInitialized", `containers with incomplete status: [${incomplete.join(" ")}]`)
        : { status: "True" };
  const ready = readiness(phase, apps);
  return [
    condition(pod, "PodReadyToStartContainers", { status: hasSandbox ? "True" : "False" }),
    condition(pod, "Initialized", initialized),
    condition(pod, "Ready", ready),
    condition(pod, "ContainersReady", ready),
    condition(pod, "PodScheduled", { status: "True" }),
  ];
}

type Verdict = Pick<PodCondition, "status" | "reason" | "message">;

function readiness(phase: PodPhase, apps: readonly ContainerStatus[]): Verdict {
  if (phase === "Succeeded") return no("PodCompleted");
  if (phase === "Failed") return no("PodFailed");
  const unready = apps.filter(({ ready }) => !ready).map(({ name }) => name);
  if (unready.length === 0) return { status: "True" };
  return no("ContainersNotReady", `containers with unready status: [${unready.join(" ")}]`);
}

function no(reason: string, message?: string): Verdict {
  return { status: "False", reason, ...(message !== undefined && { message }) };
}

function condition(pod: Pod, type: string, verdict: Verdict): PodCondition {
  const { generation } = pod.metadata;
  return { type, ...(generation !== undefined && { observedGeneration: generation }), ...verdict, lastProbeTime: null };
}

/** Marks what the runtime knows nothing of as lost, once a pod is over (kubelet's status writer, TerminatePod). */
export function withLostContainers(status: PodStatus): PodStatus {
  const lost = (container: ContainerStatus): ContainerStatus =>
    container.state.terminated !== undefined
      ? container
      : {
          ...container,
          started: false,
          ready: false,
          state: {
            terminated: {
              exitCode: 137,
              reason: "ContainerStatusUnknown",
              message: "The container could not be located when the pod was terminated",
              startedAt: null,
              finishedAt: null,
            },
          },
        };
  const isOver = status.phase === "Succeeded" || status.phase === "Failed";
  return {
    ...status,
    phase: isOver ? (status.phase as PodPhase) : "Failed",
    ...(status.containerStatuses !== undefined && { containerStatuses: status.containerStatuses.map(lost) }),
    ...(status.initContainerStatuses !== undefined && {
      initContainerStatuses: status.initContainerStatuses.map(lost),
    }),
  };
}
