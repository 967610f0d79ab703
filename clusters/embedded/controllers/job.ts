import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { type EventRecorder, startEventRecorder } from "../../../kube/events.ts";
import { Jobs, Pods } from "../../../kube/resources.ts";
import { type ControllerContext, keyOf, type StartController, splitKey } from "./context.ts";
import { controllerUid } from "./controlled.ts";
import { JobMemories } from "./job-memory.ts";
import { type JobPlan, planJob } from "./job-plan.ts";
import { isTracked, podOf, TRACKING } from "./job-pods.ts";
import { isFinished, type Job, type JobStatus, type Pod } from "./objects.ts";
import { UnseenChanges } from "./owned-pods.ts";
import { startQueue } from "./queue.ts";

/** Runs pods to their end, as many as a Job asks for (kube-controller-manager, job controller). */
export const startJobController: StartController = async (context) => {
  const { client, clock, log, informer } = context;
  const jobs = await informer(Jobs as Resource<Job>);
  const pods = await informer(Pods as Resource<Pod>);
  const events = startEventRecorder({ client, clock, log, component: "job-controller" });
  const unseen = new UnseenChanges(pods);
  const memories = new JobMemories();
  const queue = startQueue({
    name: "job-controller",
    clock,
    log,
    workers: 5,
    reconcile: async (key) => {
      const { name, namespace = "" } = splitKey(key);
      const job = jobs.get(name, namespace);
      if (unseen.of(key)) return; // the cache does not show our own last change yet: its event comes
      const owned = pods.list().filter((pod) => controllerUid(pod) === job?.metadata.uid);
      if (job === undefined || isManagedByOthers(job)) return;
      if (job.metadata.deletionTimestamp !== undefined) return await letGo(context, owned);
      if (isOver(job)) {
        await letGo(context, owned.filter(isFinished));
        const left = timeToLive(job, clock.now());
        if (left === 0) await remove(context, job);
        else if (left !== undefined) queue.addAfter(key, left);
        return;
      }
      if (memories.isBehind(job)) return; // nor our own last word on its status
      const plan = planJob(job, owned, clock.now(), memories.of(job));
      if (plan.after !== undefined) queue.addAfter(key, plan.after);
      await managePods(context, events, unseen, key, job, plan);
      await writeStatus(context, events, memories, job, plan);
    },
  });
  jobs.onEvent(({ type, object }) => {
    const key = keyOf(object);
    if (type === "DELETED") {
      unseen.forget(key);
      memories.forget(object);
      const owned = pods.list().filter((pod) => controllerUid(pod) === object.metadata.uid);
      void clock.activity.track("job-controller lets go", () => letGo(context, owned)).catch(() => undefined);
    } else queue.add(key);
  });
  pods.onEvent(({ type, object }) => {
    const owner = object.metadata.ownerReferences?.find(
      ({ controller, kind }) => controller === true && kind === "Job",
    );
    if (owner === undefined) return;
    const key = `${object.metadata.namespace}/${owner.name}`;
    memories.saw(owner.uid, object, type === "DELETED");
    unseen.saw(key, object, type === "DELETED" || object.metadata.deletionTimestamp !== undefined);
    if (jobs.get(owner.name, object.metadata.namespace)?.metadata.uid === owner.uid) queue.add(key);
    else if (type !== "DELETED" && isTracked(object))
      void clock.activity.track("job-controller lets go", () => letGo(context, [object])).catch(() => undefined);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
};

async function managePods(
  context: ControllerContext,
  events: EventRecorder,
  unseen: UnseenChanges,
  key: string,
  job: Job,
  { create, remove: surplus, isForgiving }: JobPlan,
): Promise<void> {
  const { client } = context;
  for (const { index, replaced } of create) {
    const made = podOf(job, index, replaced);
    const pod = await client.create(Pods as Resource<Pod>, made).catch((error: unknown) => {
      events.record(job, "Warning", "FailedCreate", `Error creating: ${(error as Error).message}`);
      throw error;
    });
    unseen.created(key, pod);
    events.record(job, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
  }
  if (isForgiving) await letGo(context, surplus);
  for (const pod of surplus) {
    const { name = "", namespace = "" } = pod.metadata;
    await client.delete(Pods, { name, namespace }).catch((error: unknown) => {
      if (!isKubeStatus(error, "NotFound")) throw error;
    });
    unseen.deleted(key, pod);
    events.record(job, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  }
}

/**
 * Counting goes in steps, so that no pod counts twice and none is lost: its uid is written into the status; then it is
 * let go; then the uid becomes a number, and what was announced an end.
 */
async function writeStatus(
  context: ControllerContext,
  events: EventRecorder,
  memories: JobMemories,
  job: Job,
  plan: JobPlan,
): Promise<void> {
  const announced = await updateStatus(context, memories, job, plan.status);
  if (announced === undefined) return;
  memories.keepBackoff(job, plan.backoff);
  await letGo(context, plan.letGo);
  memories.released(job, plan.letGo);
  if (plan.suspension !== undefined)
    events.record(job, "Normal", plan.suspension, plan.suspension === "Suspended" ? "Job suspended" : "Job resumed");
  const settled = await updateStatus(context, memories, announced, plan.settled);
  if (settled === undefined || plan.end === undefined) return;
  const { type, reason, message } = plan.end;
  if (type === "Failed") return events.record(job, "Warning", reason, message);
  if ((plan.settled.succeeded ?? 0) > (job.spec.completions ?? Number.POSITIVE_INFINITY))
    events.record(
      job,
      "Warning",
      "TooManySucceededPods",
      "Too many succeeded pods running after completion count reached",
    );
  events.record(job, "Normal", "Completed", "Job completed");
}

/** @returns the Job with that status; undefined when it is gone */
async function updateStatus(
  { client }: ControllerContext,
  memories: JobMemories,
  job: Job,
  status: JobStatus,
): Promise<Job | undefined> {
  if (JSON.stringify(sorted(status)) === JSON.stringify(sorted(job.status ?? {}))) return job;
  try {
    const written = await client.update(Jobs as Resource<Job>, { ...job, status }, { subresource: "status" });
    memories.wrote(written);
    return written;
  } catch (error) {
    if (!isKubeStatus(error, "NotFound")) throw error;
    return undefined;
  }
}

/** Another controller's, which its user runs. */
function isManagedByOthers({ spec }: Job): boolean {
  return spec.managedBy !== undefined && spec.managedBy !== "kubernetes.io/job-controller";
}

/** Takes the finalizer off, so that the pods may go. */
async function letGo({ client }: ControllerContext, pods: readonly Pod[]): Promise<void> {
  for (const pod of pods.filter(isTracked)) {
    const { name = "", namespace = "", finalizers = [] } = pod.metadata;
    const patch = { metadata: { finalizers: finalizers.filter((one) => one !== TRACKING) } };
    await client.patch(Pods, { name, namespace }, "merge", patch).catch((error: unknown) => {
      if (!isKubeStatus(error, "NotFound")) throw error;
    });
  }
}

async function remove({ client }: ControllerContext, { metadata: { name = "", namespace = "" } }: Job): Promise<void> {
  await client.delete(Jobs, { name, namespace }, { propagationPolicy: "Foreground" }).catch((error: unknown) => {
    if (!isKubeStatus(error, "NotFound")) throw error;
  });
}

/** What is left of a finished Job's life, in ms; undefined when it stays. */
function timeToLive(job: Job, now: number): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec;
  if (ttlSecondsAfterFinished === undefined) return undefined;
  const end = job.status?.conditions?.find(({ type }) => type === "Complete" || type === "Failed");
  const since = Date.parse(end?.lastTransitionTime ?? "");
  return Math.max(0, since + ttlSecondsAfterFinished * 1000 - now);
}

export function isOver(job: Job): boolean {
  return (
    job.status?.conditions?.some(
      ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
    ) === true
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}
