import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { parseCron } from "../../../kube/cron-schedule.ts";
import { startEventRecorder } from "../../../kube/events.ts";
import { CronJobs, Jobs } from "../../../kube/resources.ts";
import { apiTime, keyOf, type StartController, splitKey } from "./context.ts";
import { controllerUid } from "./controlled.ts";
import { isOver } from "./job.ts";
import type { CronJob, Job } from "./objects.ts";
import { startQueue } from "./queue.ts";

/** A little after the minute, as the real controller wakes. */
const LATE_MS = 100;
const MANY_MISSED = 100;

/** Makes a Job whenever a CronJob's schedule says so (kube-controller-manager, cronjob controller v2). */
export const startCronJobController: StartController = async ({ client, clock, log, informer }) => {
  const crons = await informer(CronJobs as Resource<CronJob>);
  const jobs = await informer(Jobs as Resource<Job>);
  const events = startEventRecorder({ client, clock, log, component: "cronjob-controller" });

  const removeJob = async (cron: CronJob, job: Job): Promise<void> => {
    const { name = "", namespace = "" } = job.metadata;
    await client.delete(Jobs, { name, namespace }, { propagationPolicy: "Background" }).catch((error: unknown) => {
      if (!isKubeStatus(error, "NotFound")) throw error;
    });
    events.record(cron, "Normal", "SuccessfulDelete", `Deleted job ${name}`);
  };

  const queue = startQueue({
    name: "cronjob-controller",
    clock,
    log,
    workers: 5,
    reconcile: async (key) => {
      const { name, namespace = "" } = splitKey(key);
      const cron = crons.get(name, namespace);
      if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return;
      const { spec } = cron;
      const owned = jobs.list().filter((job) => controllerUid(job) === cron.metadata.uid);
      for (const old of surplusOf(spec, owned)) await removeJob(cron, old);
      let active = owned.filter((job) => !isOver(job));
      let lastScheduleTime = cron.status?.lastScheduleTime;
      if (spec.suspend !== true) {
        const schedule = parseCron(spec.schedule, spec.timeZone);
        const now = clock.now();
        const { due, missed } = lastDue(cron, schedule, now);
        if (missed > MANY_MISSED)
          events.record(
            cron,
            "Warning",
            "TooManyMissedTimes",
            "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
          );
        const next = schedule.next(now);
        if (next !== undefined) queue.addAfter(key, next - now + LATE_MS);
        if (due !== undefined) {
          if (spec.concurrencyPolicy === "Forbid" && active.length > 0)
            events.record(
              cron,
              "Normal",
              "JobAlreadyActive",
              "Not starting job because prior execution is running and concurrency policy is Forbid",
            );
          else {
            if (spec.concurrencyPolicy === "Replace") {
              for (const job of active) await removeJob(cron, job);
              active = [];
            }
            const made = await client.create(Jobs as Resource<Job>, jobOf(cron, due)).catch((error: unknown) => {
              if (isKubeStatus(error, "AlreadyExists")) return undefined;
              events.record(cron, "Warning", "FailedCreate", `Error creating job: ${(error as Error).message}`);
              throw error;
            });
            if (made !== undefined) {
              events.record(cron, "Normal", "SuccessfulCreate", `Created job ${made.metadata.name}`);
              active = [...active, made];
            }
            lastScheduleTime = apiTime(due);
          }
        }
      }
      await writeStatus(cron, active, lastScheduleTime, lastSuccess(owned));
    },
  });

  const writeStatus = async (
    cron: CronJob,
    active: readonly Job[],
    lastScheduleTime: string | undefined,
    lastSuccessfulTime: string | undefined,
  ): Promise<void> => {
    const status = {
      ...(active.length > 0 && {
        active: active.map(({ metadata }) => ({
          kind: "Job",
          namespace: metadata.namespace ?? "",
          name: metadata.name ?? "",
          uid: metadata.uid ?? "",
          apiVersion: "batch/v1",
        })),
      }),
      ...(lastScheduleTime !== undefined && { lastScheduleTime }),
      ...(lastSuccessfulTime !== undefined && { lastSuccessfulTime }),
    };
    const shown = (value: NonNullable<CronJob["status"]>): string =>
      JSON.stringify([value.active?.map(({ uid }) => uid) ?? [], value.lastScheduleTime, value.lastSuccessfulTime]);
    if (shown(status) === shown(cron.status ?? {})) return;
    await client
      .update(CronJobs as Resource<CronJob>, { ...cron, status }, { subresource: "status" })
      .catch((error: unknown) => {
        if (!isKubeStatus(error, "NotFound")) throw error;
      });
  };

  crons.onEvent(({ type, object }) => {
    if (type !== "DELETED") queue.add(keyOf(object));
  });
  jobs.onEvent(({ object }) => {
    const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === "CronJob");
    if (owner !== undefined) queue.add(`${object.metadata.namespace}/${owner.name}`);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
};

/** The last time that the schedule names and that was not served yet; one that is too late counts as missed. */
function lastDue(
  { spec, status, metadata }: CronJob,
  schedule: ReturnType<typeof parseCron>,
  now: number,
): { readonly due: number | undefined; readonly missed: number } {
  const { startingDeadlineSeconds } = spec;
  const since = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? "");
  const earliest =
    startingDeadlineSeconds === undefined ? since : Math.max(since, now - startingDeadlineSeconds * 1000);
  let due: number | undefined;
  let missed = 0;
  for (let at = schedule.next(earliest); at !== undefined && at <= now; at = schedule.next(at)) {
    due = at;
    missed++;
    // The real one stops counting, too: a clock that jumped years ahead shall not keep it busy.
    if (missed > MANY_MISSED) {
      const latest = schedule.next(now - 24 * 3_600_000);
      if (latest !== undefined && latest <= now && latest > at) at = latest - 1;
    }
  }
  return { due, missed };
}

function jobOf(cron: CronJob, due: number): Job {
  const { name = "", namespace = "", uid = "" } = cron.metadata;
  const { metadata = {}, spec } = cron.spec.jobTemplate;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: `${name}-${Math.floor(due / 60_000)}`,
      namespace,
      ...(metadata.labels !== undefined && { labels: metadata.labels }),
      annotations: { ...metadata.annotations, "batch.kubernetes.io/cronjob-scheduled-timestamp": apiTime(due) },
      ownerReferences: [
        { apiVersion: "batch/v1", kind: "CronJob", name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: spec as Job["spec"],
  };
}

function surplusOf(spec: CronJob["spec"], owned: readonly Job[]): Job[] {
  const ended = (type: "Complete" | "Failed"): Job[] =>
    owned
      .filter((job) => job.status?.conditions?.some((one) => one.type === type && one.status === "True") === true)
      .toSorted((a, b) => Date.parse(a.status?.startTime ?? "") - Date.parse(b.status?.startTime ?? ""));
  const over = (jobs: Job[], limit: number): Job[] => jobs.slice(0, Math.max(0, jobs.length - limit));
  return [
    ...over(ended("Complete"), spec.successfulJobsHistoryLimit ?? 3),
    ...over(ended("Failed"), spec.failedJobsHistoryLimit ?? 1),
  ];
}

function lastSuccess(owned: readonly Job[]): string | undefined {
  const times = owned.flatMap(({ status }) => (status?.completionTime === undefined ? [] : [status.completionTime]));
  return times.toSorted().at(-1);
}
