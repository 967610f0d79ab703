import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { startEventRecorder } from "../../../kube/events.ts";
import { Deployments, ReplicaSets } from "../../../kube/resources.ts";
import type { Condition } from "../../../kube/types.ts";
import { apiTime, keyOf, type StartController, splitKey } from "./context.ts";
import type { Deployment, ReplicaSet } from "./objects.ts";
import { startQueue } from "./queue.ts";
import { hashOf } from "./template-hash.ts";

const HASH_LABEL = "pod-template-hash";
const REVISION = "deployment.kubernetes.io/revision";
const DESIRED = "deployment.kubernetes.io/desired-replicas";
const MAXIMUM = "deployment.kubernetes.io/max-replicas";

/** Rolls pods from one template to the next through ReplicaSets (kube-controller-manager, deployment controller). */
export const startDeploymentController: StartController = async ({ client, clock, log, informer, controlled }) => {
  const deployments = await informer(Deployments as Resource<Deployment>);
  const replicaSets = await informer(ReplicaSets as Resource<ReplicaSet>);
  const setsByDeployment = await controlled(ReplicaSets as Resource<ReplicaSet>);
  const events = startEventRecorder({ client, clock, log, component: "deployment-controller" });
  const queue = startQueue({
    name: "deployment-controller",
    clock,
    log,
    workers: 5,
    reconcile: async (key) => {
      const { name, namespace = "" } = splitKey(key);
      const deployment = deployments.get(name, namespace);
      if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
      const owned = setsByDeployment.of(deployment.metadata.uid);
      const hash = templateHash(deployment);
      let current = owned.find((set) => set.metadata.labels?.[HASH_LABEL] === hash);
      const older = owned.filter((set) => set !== current);
      if (current === undefined && deployment.spec.paused !== true) {
        const revision = 1 + Math.max(0, ...owned.map((set) => Number(set.metadata.annotations?.[REVISION] ?? 0)));
        const replicas = planRollout(deployment, undefined, older).current;
        current = await client
          .create(ReplicaSets as Resource<ReplicaSet>, replicaSetOf(deployment, hash, replicas, revision))
          .catch(async (error: unknown) => {
            if (!isKubeStatus(error, "AlreadyExists")) throw error;
            return await client.get(ReplicaSets as Resource<ReplicaSet>, `${name}-${hash}`, namespace); // ours, not in the cache yet
          });
        events.record(
          deployment,
          "Normal",
          "ScalingReplicaSet",
          `Scaled up replica set ${current.metadata.name} from 0 to ${replicas}`,
        );
      }
      const plan = planRollout(deployment, current, older);
      if (current !== undefined) await scale(deployment, current, plan.current);
      for (const [set, replicas] of plan.older) await scale(deployment, set, replicas);
      await writeStatus(
        deployment,
        current,
        owned.includes(current as ReplicaSet) || current === undefined ? owned : [...owned, current],
      );
    },
  });

  const scale = async (deployment: Deployment, set: ReplicaSet, replicas: number): Promise<void> => {
    const before = set.spec.replicas ?? 1;
    if (before === replicas) return;
    await client.update(ReplicaSets as Resource<ReplicaSet>, { ...set, spec: { ...set.spec, replicas } });
    const direction = replicas > before ? "up" : "down";
    events.record(
      deployment,
      "Normal",
      "ScalingReplicaSet",
      `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`,
    );
  };

  const writeStatus = async (
    deployment: Deployment,
    current: ReplicaSet | undefined,
    sets: readonly ReplicaSet[],
  ): Promise<void> => {
    const status = statusOf(deployment, current, sets, apiTime(clock.now()));
    const revision = current?.metadata.annotations?.[REVISION];
    const isNewRevision = revision !== undefined && deployment.metadata.annotations?.[REVISION] !== revision;
    if (!isNewRevision && JSON.stringify(status) === JSON.stringify(statusShape(deployment.status ?? {}))) return;
    const annotations = { ...deployment.metadata.annotations, ...(revision !== undefined && { [REVISION]: revision }) };
    // A Deployment's status endpoint lets annotations through: both go in one write.
    const next = { ...deployment, metadata: { ...deployment.metadata, annotations }, status };
    await client.update(Deployments as Resource<Deployment>, next, { subresource: "status" });
  };

  deployments.onEvent(({ type, object }) => {
    if (type !== "DELETED") queue.add(keyOf(object));
  });
  replicaSets.onEvent(({ object }) => {
    const owner = object.metadata.ownerReferences?.find(
      ({ controller, kind }) => controller === true && kind === "Deployment",
    );
    if (owner !== undefined) queue.add(`${object.metadata.namespace}/${owner.name}`);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
};

/** How far the rollout goes now. Pure: the same state always gives the same step. */
export function planRollout(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  older: readonly ReplicaSet[],
): { readonly current: number; readonly older: ReadonlyMap<ReplicaSet, number> } {
  const wanted = deployment.spec.replicas ?? 1;
  const size = (set: ReplicaSet): number => set.spec.replicas ?? 1;
  const available = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
  const oldTotal = older.reduce((sum, set) => sum + size(set), 0);
  const have = current === undefined ? 0 : size(current);
  if (deployment.spec.strategy?.type === "Recreate") {
    const oldPods = older.reduce((sum, set) => sum + Math.max(size(set), set.status?.replicas ?? 0), 0);
    return { current: oldPods > 0 ? have : wanted, older: new Map(older.map((set) => [set, 0])) };
  }
  const { surge, unavailable } = rollingBounds(deployment, wanted);
  if (oldTotal === 0) return { current: wanted, older: new Map() };
  const grown = Math.max(have, Math.min(wanted, have + Math.max(0, wanted + surge - (have + oldTotal))));
  const totalAvailable =
    (current === undefined ? 0 : available(current)) + older.reduce((sum, set) => sum + available(set), 0);
  const newUnavailable = current === undefined ? 0 : have - available(current);
  // Old pods that never became available go first: they keep nothing up (deployment controller, cleanupUnhealthyReplicas).
  let room = Math.max(0, have + oldTotal - (wanted - unavailable) - newUnavailable);
  let spare = Math.max(0, totalAvailable - (wanted - unavailable));
  const shrunk = new Map<ReplicaSet, number>();
  for (const set of older) {
    const unhealthy = Math.min(room, Math.max(0, size(set) - available(set)));
    room -= unhealthy;
    const healthy = Math.min(spare, room, size(set) - unhealthy);
    spare -= healthy;
    room -= healthy;
    shrunk.set(set, size(set) - unhealthy - healthy);
  }
  return { current: grown, older: shrunk };
}

/** Percentages round up for the surge and down for what may be unavailable; both zero would never move. */
function rollingBounds(
  deployment: Deployment,
  wanted: number,
): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec.strategy?.rollingUpdate ?? {};
  const resolve = (value: number | string, round: (n: number) => number): number =>
    typeof value === "number" ? value : round((Number.parseInt(value, 10) / 100) * wanted);
  const surge = resolve(maxSurge, Math.ceil);
  const unavailable = resolve(maxUnavailable, Math.floor);
  return surge === 0 && unavailable === 0 ? { surge: 0, unavailable: 1 } : { surge, unavailable };
}

/** The label that tells the pods of one template from those of another. */
export function templateHash(deployment: Deployment): string {
  return hashOf(deployment.spec.template);
}

function replicaSetOf(deployment: Deployment, hash: string, replicas: number, revision: number): ReplicaSet {
  const { template, selector } = deployment.spec;
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const wanted = deployment.spec.replicas ?? 1;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? "",
      labels,
      annotations: {
        [DESIRED]: String(wanted),
        [MAXIMUM]: String(wanted + rollingBounds(deployment, wanted).surge),
        [REVISION]: String(revision),
      },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          name: deployment.metadata.name ?? "",
          uid: deployment.metadata.uid ?? "",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      replicas,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

type DeploymentCondition = Condition & { lastUpdateTime?: string };
type DeploymentStatus = NonNullable<Deployment["status"]>;

function statusOf(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  sets: readonly ReplicaSet[],
  now: string,
): DeploymentStatus {
  const sum = (field: "replicas" | "readyReplicas" | "availableReplicas"): number =>
    sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
  const wanted = deployment.spec.replicas ?? 1;
  const available = sum("availableReplicas");
  const updated = current?.status?.replicas ?? 0;
  const { unavailable } = rollingBounds(deployment, wanted);
  const isAvailable = available >= wanted - unavailable;
  const isComplete = updated === wanted && sum("replicas") === wanted && available === wanted;
  const name = current?.metadata.name ?? "";
  const condition = (type: string, holds: boolean, reason: string, message: string): DeploymentCondition => {
    const known = (deployment.status?.conditions as DeploymentCondition[] | undefined)?.find(
      (one) => one.type === type,
    );
    const status = holds ? "True" : "False";
    const since = known?.status === status ? known.lastTransitionTime : now;
    const isSame = known?.status === status && known.reason === reason && known.message === message;
    const lastUpdateTime = (isSame ? known.lastUpdateTime : undefined) ?? now;
    return { type, status, lastUpdateTime, ...(since !== undefined && { lastTransitionTime: since }), reason, message };
  };
  return statusShape({
    ...(deployment.metadata.generation !== undefined && { observedGeneration: deployment.metadata.generation }),
    replicas: sum("replicas"),
    updatedReplicas: updated,
    readyReplicas: sum("readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, Math.max(sum("replicas"), wanted) - available),
    conditions: [
      isAvailable
        ? condition("Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.")
        : condition("Available", false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
      isComplete
        ? condition("Progressing", true, "NewReplicaSetAvailable", `ReplicaSet "${name}" has successfully progressed.`)
        : condition("Progressing", true, "ReplicaSetUpdated", `ReplicaSet "${name}" is progressing.`),
    ],
  });
}

/** The status as it is stored: zeros left out, fields in one order, so that equal states compare equal. */
function statusShape(status: DeploymentStatus): DeploymentStatus {
  const counts = [
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
  ];
  const shape = ({
    type,
    status: holds,
    lastUpdateTime,
    lastTransitionTime,
    reason,
    message,
  }: DeploymentCondition) => ({
    type,
    status: holds,
    lastUpdateTime,
    lastTransitionTime,
    reason,
    message,
  });
  const conditions = ((status.conditions ?? []) as DeploymentCondition[]).map(shape);
  return {
    ...Object.fromEntries(counts.filter((field) => status[field]).map((field) => [field, status[field]])),
    ...(conditions.length > 0 && { conditions }),
  } as DeploymentStatus;
}
