import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { type EventRecorder, startEventRecorder } from "../../../kube/events.ts";
import { Jobs, Pods } from "../../../kube/resources.ts";
import type { Condition } from "../../../kube/types.ts";
import { apiTime, type ControllerContext, controllerUid, keyOf, type StartController, splitKey } from "./context.ts";
import { INDEX, type JobPlan, planJob, TRACKING } from "./job-plan.ts";
import { isFinished, isReady, type Job, type JobStatus, type Pod } from "./objects.ts";
import { podFromTemplate, UnseenChanges } from "./owned-pods.ts";
import { startQueue } from "./queue.ts";

/** Runs pods to their end, as many as a Job asks for (kube-controller-manager, job controller). */
export const startJobController: StartController = async (context) => {
  const { client, clock, log, informer } = context;
  const jobs = await informer(Jobs as Resource<Job>);
  const pods = await informer(Pods as Resource<Pod>);
  const events = startEventRecorder({ client, clock, log, component: "job-controller" });
  const unseen = new UnseenChanges(pods);
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
      if (job === undefined) return;
      if (job.metadata.deletionTimestamp !== undefined) return await letGo(context, owned);
      if (isOver(job)) {
        await letGo(context, owned.filter(isFinished));
        const left = timeToLive(job, clock.now());
        if (left === 0) await remove(context, job);
        else if (left !== undefined) queue.addAfter(key, left);
        return;
      }
      const plan = planJob(job, owned, clock.now());
      if (plan.after !== undefined) queue.addAfter(key, plan.after);
      await managePods(context, events, unseen, key, job, plan);
      await writeStatus(context, events, job, plan, owned);
    },
  });
  jobs.onEvent(({ type, object }) => {
    const key = keyOf(object);
    if (type === "DELETED") {
      unseen.forget(key);
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
  { client }: ControllerContext,
  events: EventRecorder,
  unseen: UnseenChanges,
  key: string,
  job: Job,
  { create, indexes, remove: surplus }: JobPlan,
): Promise<void> {
  for (let at = 0; at < create; at++) {
    const pod = await client.create(Pods as Resource<Pod>, podOf(job, indexes[at])).catch((error: unknown) => {
      events.record(job, "Warning", "FailedCreate", `Error creating: ${(error as Error).message}`);
      throw error;
    });
    unseen.created(key, pod);
    events.record(job, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
  }
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
 * Counting goes in two steps, so that no pod counts twice and none is lost: its uid is written into the status; then it
 * is let go; then the uid becomes a number.
 */
async function writeStatus(
  context: ControllerContext,
  events: EventRecorder,
  job: Job,
  plan: JobPlan,
  owned: readonly Pod[],
): Promise<void> {
  const { client, clock } = context;
  const old = job.status ?? {};
  const now = apiTime(clock.now());
  const isNew = plan.uncounted.succeeded.length + plan.uncounted.failed.length > 0;
  const pending = {
    succeeded: old.uncountedTerminatedPods?.succeeded ?? [],
    failed: old.uncountedTerminatedPods?.failed ?? [],
  };
  const isPending = pending.succeeded.length + pending.failed.length > 0;
  if (!isNew && isPending)
    await letGo(
      context,
      owned.filter(({ metadata: { uid = "" } }) => pending.succeeded.includes(uid) || pending.failed.includes(uid)),
    );
  const uids = (kind: "succeeded" | "failed"): string[] => [
    ...(isNew ? pending[kind] : []),
    ...plan.uncounted[kind].map(({ metadata }) => metadata.uid ?? ""),
  ];
  const counted = (kind: "succeeded" | "failed"): number => (old[kind] ?? 0) + (isNew ? 0 : pending[kind].length);
  const [succeeded, failed] = [counted("succeeded"), counted("failed")];
  const active = plan.active.length + plan.create - plan.remove.length;
  const terminating = owned.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isFinished(pod)).length;
  const isCounted = !isNew;
  const end = isCounted ? plan.end : undefined;
  const conditions = conditionsOf(job, end, now);
  const wasSuspended = old.conditions?.some(({ type, status }) => type === "Suspended" && status === "True") === true;
  const startTime = job.spec.suspend === true ? undefined : wasSuspended ? now : (old.startTime ?? now);
  const status: JobStatus = {
    ...(conditions.length > 0 && { conditions }),
    ...(startTime !== undefined && { startTime }),
    ...(end?.type === "Complete" && { completionTime: now }),
    ...(active > 0 && { active }),
    ready: plan.active.filter(isReady).length,
    terminating,
    ...(succeeded > 0 && { succeeded }),
    ...(failed > 0 && { failed }),
    uncountedTerminatedPods: {
      ...(uids("succeeded").length > 0 && { succeeded: uids("succeeded") }),
      ...(uids("failed").length > 0 && { failed: uids("failed") }),
    },
  };
  if (JSON.stringify(sorted(status)) === JSON.stringify(sorted(old))) return;
  try {
    await client.update(Jobs as Resource<Job>, { ...job, status }, { subresource: "status" });
  } catch (error) {
    if (!isKubeStatus(error, "NotFound")) throw error;
    return;
  }
  if (end?.type === "Complete") events.record(job, "Normal", "Completed", "Job completed");
  else if (end !== undefined) events.record(job, "Warning", end.reason, end.message);
}

function conditionsOf(job: Job, end: JobPlan["end"], now: string): Condition[] {
  const conditions = [...(job.status?.conditions ?? [])];
  const add = (type: string, status: "True" | "False", reason: string, message: string): void => {
    const known = conditions.findIndex((one) => one.type === type);
    const made = { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message } as Condition;
    if (known < 0) conditions.push(made);
    else if (conditions[known]?.status !== status) conditions[known] = made;
  };
  if (job.spec.suspend === true) add("Suspended", "True", "JobSuspended", "Job suspended");
  else if (conditions.some(({ type }) => type === "Suspended")) add("Suspended", "False", "JobResumed", "Job resumed");
  if (end !== undefined) {
    add(end.type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget", "True", end.reason, end.message);
    add(end.type, "True", end.reason, end.message);
  }
  return conditions;
}

function podOf(job: Job, index: number | undefined): Pod {
  const owner = { apiVersion: "batch/v1", kind: "Job", object: job };
  const name = index === undefined ? job.metadata.name : `${job.metadata.name}-${index}`;
  const pod = podFromTemplate(job.spec.template, owner, { generateName: `${name}-`, finalizers: [TRACKING] });
  if (index === undefined) return pod;
  const variable = { name: "JOB_COMPLETION_INDEX", value: String(index) };
  const containers = ((pod.spec["containers"] ?? []) as { env?: object[] }[]).map((container) => ({
    ...container,
    env: [...(container.env ?? []), variable],
  }));
  const metadata = {
    ...pod.metadata,
    labels: { ...pod.metadata.labels, [INDEX]: String(index) },
    annotations: { ...pod.metadata.annotations, [INDEX]: String(index) },
  };
  return { ...pod, metadata, spec: { ...pod.spec, containers, hostname: name } };
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

function isTracked(pod: Pod): boolean {
  return (pod.metadata.finalizers ?? []).includes(TRACKING);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}
