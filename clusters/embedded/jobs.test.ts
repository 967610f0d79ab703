import { afterEach, beforeEach, expect, test } from "vitest";
import { minutes, seconds, seededRandom, VirtualClock } from "../../core/index.ts";
import { CronJobs, Jobs, Pods } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import { EmbeddedCluster, type RunningEmbeddedCluster } from "./index.ts";

let clock: VirtualClock;
let cluster: RunningEmbeddedCluster;
beforeEach(async () => {
  clock = new VirtualClock(Date.parse("2026-01-01T00:00:30Z"));
  cluster = await new EmbeddedCluster({ clock, nodes: 1, mounts: "plain", random: seededRandom(3) }).start();
  await clock.settle();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const template = (command: string[], restartPolicy = "Never"): object => ({
  spec: { restartPolicy, containers: [{ name: "c", image: "app", command }] },
});
async function job(spec: object): Promise<void> {
  const metadata = { name: "j", namespace: "default" };
  await cluster.admin.create(Jobs, { apiVersion: "batch/v1", kind: "Job", metadata, spec } as KubeObject);
}
type Status = {
  active?: number;
  succeeded?: number;
  failed?: number;
  conditions?: { type: string; status: string; reason: string }[];
};
const status = async (): Promise<Status> => (await cluster.admin.get(Jobs, "j", "default"))["status"] as Status;
const ends = async (type: string, ms: number): Promise<boolean> =>
  await cluster.until(
    async () => (await status()).conditions?.some((one) => one.type === type && one.status === "True") === true,
    ms,
  );
const pods = async (): Promise<KubeObject[]> => (await cluster.admin.list(Pods, { namespace: "default" })).items;

test("a Job runs its pods, so many at once, until so many have succeeded", async () => {
  await job({ completions: 3, parallelism: 2, template: template(["sleep", "5"]) });
  await clock.advance(seconds(3));
  expect((await status()).active).toBe(2);
  expect(await ends("Complete", seconds(60))).toBe(true);
  expect(await status()).toMatchObject({ succeeded: 3 });
  expect(await status()).not.toHaveProperty("active");
  const [pod] = await pods();
  expect(pod?.metadata.labels).toMatchObject({ "job-name": "j", "batch.kubernetes.io/job-name": "j" });
  expect(pod?.metadata.finalizers).toBeUndefined();
});

test("a Job whose pods fail tries again, later each time, and gives up at its limit", async () => {
  await job({ backoffLimit: 2, template: template(["false"]) });
  await clock.advance(seconds(8));
  expect((await status()).failed).toBe(1);
  await clock.advance(seconds(10));
  expect((await status()).failed).toBe(2);
  expect(await ends("Failed", minutes(2))).toBe(true);
  expect(await status()).toMatchObject({ failed: 3 });
  expect((await status()).conditions?.at(-1)?.reason).toBe("BackoffLimitExceeded");
});

test("a pod that is deleted after its success still counts", async () => {
  await job({ completions: 2, template: template(["sleep", "3"]) });
  const isFirstOver = async (): Promise<boolean> => ((await status()).succeeded ?? 0) === 1;
  expect(await cluster.until(isFirstOver, seconds(30))).toBe(true);
  const done = (await pods()).find((pod) => (pod["status"] as { phase: string }).phase === "Succeeded");
  await cluster.admin.delete(Pods, { name: done?.metadata.name ?? "", namespace: "default" });
  expect(await ends("Complete", seconds(60))).toBe(true);
  expect(await status()).toMatchObject({ succeeded: 2 });
});

test("a deadline ends a Job and its pods", async () => {
  await job({ activeDeadlineSeconds: 10, template: template(["sleep", "1000"]) });
  expect(await ends("Failed", seconds(30))).toBe(true);
  expect((await status()).conditions?.at(-1)?.reason).toBe("DeadlineExceeded");
  await clock.advance(seconds(40));
  expect(await pods()).toEqual([]);
});

test("a suspended Job has no pods until it is resumed", async () => {
  await job({ suspend: true, template: template(["true"]) });
  await clock.advance(seconds(5));
  expect(await pods()).toEqual([]);
  await cluster.admin.patch(Jobs, { name: "j", namespace: "default" }, "merge", { spec: { suspend: false } });
  expect(await ends("Complete", seconds(30))).toBe(true);
});

test("an indexed Job gives each pod its number", async () => {
  await job({ completions: 2, parallelism: 2, completionMode: "Indexed", template: template(["true"]) });
  expect(await ends("Complete", seconds(30))).toBe(true);
  const numbers = (await pods()).map(
    ({ metadata }) => metadata.annotations?.["batch.kubernetes.io/job-completion-index"],
  );
  expect(numbers.sort()).toEqual(["0", "1"]);
});

test("a finished Job goes after its time to live, and takes its pods along", async () => {
  await job({ ttlSecondsAfterFinished: 20, template: template(["true"]) });
  expect(await ends("Complete", seconds(30))).toBe(true);
  await clock.advance(seconds(40));
  expect(await cluster.admin.find(Jobs, "j", "default")).toBeUndefined();
  expect(await pods()).toEqual([]);
});

test("deleting a Job deletes its pods, those that are counted and those that are not", async () => {
  await job({ template: template(["sleep", "1000"]) });
  await clock.advance(seconds(3));
  await cluster.admin.delete(Jobs, { name: "j", namespace: "default" }, { propagationPolicy: "Background" });
  await clock.advance(seconds(40));
  expect(await pods()).toEqual([]);
});

async function cron(spec: object): Promise<void> {
  const metadata = { name: "c", namespace: "default" };
  await cluster.admin.create(CronJobs, { apiVersion: "batch/v1", kind: "CronJob", metadata, spec } as KubeObject);
}
const jobs = async (): Promise<string[]> =>
  (await cluster.admin.list(Jobs, { namespace: "default" })).items.map(({ metadata }) => metadata.name ?? "").sort();

test("a CronJob makes a Job a minute, and keeps the last three", async () => {
  await cron({ schedule: "* * * * *", jobTemplate: { spec: { template: template(["true"]) } } });
  await clock.advance(minutes(1));
  const first = Math.floor(Date.parse("2026-01-01T00:01:00Z") / 60_000);
  expect(await jobs()).toEqual([`c-${first}`]);
  await clock.advance(minutes(5));
  expect(await jobs()).toEqual([`c-${first + 3}`, `c-${first + 4}`, `c-${first + 5}`]);
  const { status: shown } = (await cluster.admin.get(CronJobs, "c", "default")) as unknown as { status: object };
  expect(shown).toMatchObject({ lastScheduleTime: "2026-01-01T00:06:00Z" });
});

test("a CronJob that forbids it does not run twice at once, and one that is suspended not at all", async () => {
  const slow = { spec: { template: template(["sleep", "150"]) } };
  await cron({ schedule: "* * * * *", concurrencyPolicy: "Forbid", jobTemplate: slow });
  await clock.advance(minutes(2.2));
  expect(await jobs()).toHaveLength(1);
  await cluster.admin.patch(CronJobs, { name: "c", namespace: "default" }, "merge", { spec: { suspend: true } });
  await clock.advance(minutes(5));
  expect(await jobs()).toHaveLength(1);
});

test.each([
  [{ schedule: "* * *" }, 'spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]'],
  [{ schedule: "* * * * *", timeZone: "Mars/Base" }, 'spec.timeZone: Invalid value: "Mars/Base"'],
])("%o is refused", async (spec, message) => {
  await expect(cron({ ...spec, jobTemplate: { spec: { template: template(["true"]) } } })).rejects.toThrow(message);
});

test("a Job's pods may not restart for ever", async () => {
  await expect(job({ template: template(["true"], "Always") })).rejects.toThrow(
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  );
});
