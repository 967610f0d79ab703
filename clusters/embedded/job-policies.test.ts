import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { minutes, seconds, seededRandom, VirtualClock } from "../../core/index.ts";
import { Events, Jobs, Pods } from "../../kube/resources.ts";
import type { Condition, KubeObject } from "../../kube/types.ts";
import { EmbeddedCluster, type Program, type RunningEmbeddedCluster } from "./index.ts";

const INDEX = "batch.kubernetes.io/job-completion-index";
const FAILURES = "batch.kubernetes.io/job-index-failure-count";

let clock: VirtualClock;
let cluster: RunningEmbeddedCluster;
/** What the pod of an index does; `undefined` for a Job without indexes. */
let programs: (index: number | undefined, attempt: number) => Program;
let attempts: Map<number | undefined, number>;

beforeEach(async () => {
  clock = new VirtualClock(Date.parse("2026-01-01T00:00:30Z"));
  attempts = new Map();
  const started = new Map<string, Program>();
  cluster = await new EmbeddedCluster({
    clock,
    nodes: 1,
    mounts: "plain",
    random: seededRandom(3),
    program: (_container, { metadata }) => {
      const known = started.get(metadata.uid);
      if (known !== undefined) return known;
      const text = metadata.annotations?.[INDEX];
      const index = text === undefined ? undefined : Number(text);
      const attempt = (attempts.get(index) ?? 0) + 1;
      attempts.set(index, attempt);
      const program = programs(index, attempt);
      started.set(metadata.uid, program);
      return program;
    },
  }).start();
  await clock.settle();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const ends = (exitCode: number, afterMs = 0): Program => ({ exitAfterMs: afterMs, exitCode });
const STAYS: Program = {};
const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "app" }] } };

type Status = {
  active?: number;
  succeeded?: number;
  failed?: number;
  terminating?: number;
  completedIndexes?: string;
  failedIndexes?: string;
  startTime?: string;
  completionTime?: string;
  conditions?: Condition[];
};
async function create(spec: object, name = "j"): Promise<void> {
  const object = { apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace: "default" } };
  await cluster.admin.create(Jobs, { ...object, spec: { template, ...spec } } as KubeObject);
}
const status = async (): Promise<Status> => (await cluster.admin.get(Jobs, "j", "default"))["status"] as Status;
/** The Job's conditions in order, as `Failed: BackoffLimitExceeded`. */
const conditions = async (): Promise<string[]> =>
  ((await status()).conditions ?? [])
    .filter((one) => one.status === "True")
    .map(({ type, reason }) => `${type}: ${reason}`);
const over = async (ms: number): Promise<boolean> =>
  await cluster.until(async () => (await conditions()).some((one) => /^(Complete|Failed)/.test(one)), ms);
const message = async (): Promise<string | undefined> => (await status()).conditions?.at(-1)?.message;
const pods = async (): Promise<KubeObject[]> => (await cluster.admin.list(Pods, { namespace: "default" })).items;
const events = async (): Promise<string[]> =>
  (await cluster.admin.list(Events, { namespace: "default" })).items
    .filter((event) => (event["involvedObject"] as { kind?: string }).kind === "Job")
    .map((event) => `${event["type"]} ${event["reason"]}: ${event["message"]}`);

const onExit = (action: string, ...values: number[]): object => ({ action, onExitCodes: { operator: "In", values } });

describe("pod failure policy", () => {
  test("an exit code that its rule names fails the Job at once", async () => {
    programs = () => ends(42);
    await create({ backoffLimit: 6, podFailurePolicy: { rules: [onExit("Ignore", 7), onExit("FailJob", 42)] } });
    expect(await over(seconds(30))).toBe(true);
    expect(await conditions()).toEqual(["FailureTarget: PodFailurePolicy", "Failed: PodFailurePolicy"]);
    const [pod] = await pods();
    const why = `Container c for pod default/${pod?.metadata.name} failed with exit code 42 matching FailJob rule at index 1`;
    expect(await message()).toBe(why);
    expect(await status()).toMatchObject({ failed: 1 });
    expect(await events()).toContain(`Warning PodFailurePolicy: ${why}`);
  });

  test("a failure that is ignored does not count, and is tried again", async () => {
    programs = (_index, attempt) => ends(attempt < 3 ? 7 : 0);
    await create({ backoffLimit: 0, podFailurePolicy: { rules: [onExit("Ignore", 7)] } });
    expect(await over(minutes(5))).toBe(true);
    expect(await conditions()).toEqual(["SuccessCriteriaMet: CompletionsReached", "Complete: CompletionsReached"]);
    expect(await status()).not.toHaveProperty("failed");
    expect(attempts.get(undefined)).toBe(3);
  });

  test("a failure that no rule names counts, as one that is to be counted does", async () => {
    programs = (_index, attempt) => ends(attempt === 1 ? 3 : 4);
    await create({ backoffLimit: 1, podFailurePolicy: { rules: [onExit("Count", 3)] } });
    expect(await over(minutes(5))).toBe(true);
    expect(await conditions()).toContain("Failed: BackoffLimitExceeded");
    expect(await status()).toMatchObject({ failed: 2 });
  });

  test("a condition of the pod can fail the Job", async () => {
    programs = () => ({ ...STAYS, stopMs: 0, exitCode: 1 });
    const policy = { rules: [{ action: "FailJob", onPodConditions: [{ type: "DisruptionTarget" }] }] };
    await create({ podFailurePolicy: policy });
    await clock.advance(seconds(5));
    const [pod] = await pods();
    const name = pod?.metadata.name ?? "";
    const condition = { type: "DisruptionTarget", status: "True", reason: "Test" };
    await cluster.admin.patch(
      Pods,
      { name, namespace: "default" },
      "strategic",
      { status: { conditions: [condition] } },
      { subresource: "status" },
    );
    await cluster.admin.delete(Pods, { name, namespace: "default" });
    expect(await over(minutes(2))).toBe(true);
    expect(await message()).toBe(`Pod default/${name} has condition DisruptionTarget matching FailJob rule at index 0`);
  });

  test("a pod on its way out is replaced once it has failed, not before", async () => {
    programs = () => ({ ...STAYS, stopMs: seconds(20), exitCode: 1 });
    await create({ podFailurePolicy: { rules: [onExit("Ignore", 9)] } });
    await clock.advance(seconds(5));
    const [pod] = await pods();
    await cluster.admin.delete(Pods, { name: pod?.metadata.name ?? "", namespace: "default" });
    await clock.advance(seconds(10));
    expect(await pods()).toHaveLength(1);
    expect(await status()).toMatchObject({ terminating: 1 });
    await clock.advance(seconds(40));
    expect((await pods()).map(({ metadata }) => metadata.name)).not.toContain(pod?.metadata.name);
    expect(await status()).toMatchObject({ active: 1, failed: 1, terminating: 0 });
  });
});

describe("indexes", () => {
  test("those that have succeeded are written as runs", async () => {
    programs = (index) => (index === 3 ? STAYS : ends(0));
    await create({ completions: 7, parallelism: 7, completionMode: "Indexed" });
    const isThere = async (): Promise<boolean> => (await status()).succeeded === 6;
    expect(await cluster.until(isThere, minutes(1))).toBe(true);
    expect(await status()).toMatchObject({ completedIndexes: "0-2,4-6", active: 1 });
  });

  test("an index that failed is tried again by a pod of its own, and the others go on", async () => {
    programs = (index, attempt) => ends(index === 1 && attempt === 1 ? 1 : 0);
    await create({ completions: 3, parallelism: 3, completionMode: "Indexed" });
    expect(await over(minutes(2))).toBe(true);
    expect(await status()).toMatchObject({ completedIndexes: "0-2", succeeded: 3, failed: 1 });
    expect(attempts).toEqual(
      new Map([
        [0, 1],
        [1, 2],
        [2, 1],
      ]),
    );
  });

  test("each index has a limit of its own, and the Job fails when all are over and one has failed", async () => {
    programs = (index) => ends(index === 1 ? 1 : 0);
    await create({ completions: 3, parallelism: 3, completionMode: "Indexed", backoffLimitPerIndex: 1 });
    expect(await over(minutes(5))).toBe(true);
    expect(await conditions()).toEqual(["FailureTarget: FailedIndexes", "Failed: FailedIndexes"]);
    expect(await message()).toBe("Job has failed indexes");
    expect(await status()).toMatchObject({ completedIndexes: "0,2", failedIndexes: "1", succeeded: 2, failed: 2 });
    const counts = (await pods())
      .filter(({ metadata }) => metadata.annotations?.[INDEX] === "1")
      .map(({ metadata }) => metadata.annotations?.[FAILURES]);
    expect(counts.sort()).toEqual(["0", "1"]);
  });

  test("more failed indexes than are allowed end the Job, and the pods of the others", async () => {
    programs = (index) => (index === 2 ? STAYS : ends(1));
    const limits = { backoffLimitPerIndex: 0, maxFailedIndexes: 1 };
    await create({ completions: 3, parallelism: 3, completionMode: "Indexed", ...limits });
    expect(await over(minutes(5))).toBe(true);
    expect((await conditions()).at(-1)).toBe("Failed: MaxFailedIndexesExceeded");
    expect(await status()).toMatchObject({ failedIndexes: "0,1", failed: 3 });
    expect(await status()).not.toHaveProperty("active");
  });

  test("a rule can give up an index before its limit", async () => {
    programs = (index) => ends(index === 0 ? 42 : 0);
    await create({
      completions: 2,
      parallelism: 2,
      completionMode: "Indexed",
      backoffLimitPerIndex: 5,
      podFailurePolicy: { rules: [onExit("FailIndex", 42)] },
    });
    expect(await over(minutes(2))).toBe(true);
    expect(attempts.get(0)).toBe(1);
    expect(await status()).toMatchObject({ failedIndexes: "0", completedIndexes: "1" });
  });

  test("a pod reads its index", async () => {
    programs = () => STAYS;
    await create({ completions: 2, parallelism: 2, completionMode: "Indexed" });
    await clock.advance(seconds(5));
    for (const { metadata } of await pods()) {
      const environment = await cluster.environment({ namespace: "default", name: metadata.name ?? "" });
      expect(environment.get("JOB_COMPLETION_INDEX")).toBe(metadata.annotations?.[INDEX]);
    }
  });
});

describe("success policy", () => {
  test.each([
    [{ succeededIndexes: "0,2" }, "0,2"],
    [{ succeededCount: 2 }, "0,2"],
    [{ succeededIndexes: "1-3", succeededCount: 1 }, "0,2"],
  ])("%o is enough", async (rule, completedIndexes) => {
    programs = (index) => (index === 0 || index === 2 ? ends(0, index * 5000) : { ...STAYS, stopMs: 0, exitCode: 143 });
    const rules = [{ succeededIndexes: "3" }, rule];
    await create({ completions: 4, parallelism: 4, completionMode: "Indexed", successPolicy: { rules } });
    expect(await over(minutes(2))).toBe(true);
    expect(await conditions()).toEqual(["SuccessCriteriaMet: SuccessPolicy", "Complete: SuccessPolicy"]);
    expect(await message()).toBe("Matched rules at index 1");
    expect(await status()).toMatchObject({ completedIndexes, succeeded: 2 });
    expect(await status()).not.toHaveProperty("failed");
    await clock.advance(seconds(40));
    expect((await pods()).map(({ metadata }) => metadata.annotations?.[INDEX]).sort()).toEqual(["0", "2"]);
  });
});

describe("ends", () => {
  test("a deadline announces the end, and ends the Job when its pods are gone; they count as failed", async () => {
    programs = () => ({ ...STAYS, stopMs: seconds(10), exitCode: 1 });
    await create({ parallelism: 2, completions: 2, activeDeadlineSeconds: 10 });
    await clock.advance(seconds(14));
    expect(await conditions()).toEqual(["FailureTarget: DeadlineExceeded"]);
    expect(await status()).toMatchObject({ terminating: 2, failed: 2 });
    expect(await over(minutes(1))).toBe(true);
    expect(await conditions()).toEqual(["FailureTarget: DeadlineExceeded", "Failed: DeadlineExceeded"]);
    expect(await events()).toContain("Warning DeadlineExceeded: Job was active longer than specified deadline");
  });

  test("a suspended Job loses its pods, none of them counts, and the deadline begins anew when it is resumed", async () => {
    programs = () => ({ ...STAYS, stopMs: 0, exitCode: 143 });
    await create({ parallelism: 2, completions: 2, activeDeadlineSeconds: 60, backoffLimit: 0 });
    await clock.advance(seconds(40));
    const suspend = async (value: boolean): Promise<unknown> =>
      await cluster.admin.patch(Jobs, { name: "j", namespace: "default" }, "merge", { spec: { suspend: value } });
    await suspend(true);
    await clock.advance(seconds(10));
    expect(await pods()).toEqual([]);
    expect(await conditions()).toEqual(["Suspended: JobSuspended"]);
    expect(await status()).not.toHaveProperty("failed");
    await suspend(false);
    await clock.advance(seconds(50));
    expect(await status()).toMatchObject({ active: 2, startTime: "2026-01-01T00:01:20Z" });
    expect(await over(seconds(30))).toBe(true);
    expect((await conditions()).at(-1)).toBe("Failed: DeadlineExceeded");
    expect(await events()).toEqual(
      expect.arrayContaining(["Normal Suspended: Job suspended", "Normal Resumed: Job resumed"]),
    );
  });

  test("a Job of another controller is left to that", async () => {
    programs = () => ends(0);
    await create({ managedBy: "example.com/queue" });
    await clock.advance(seconds(20));
    expect(await pods()).toEqual([]);
  });
});

const INDEXED = { completionMode: "Indexed", completions: 3 };
test.each<[object, string]>([
  [{ completionMode: "Indexed", parallelism: 1 }, "spec.completions: Required value: when completion mode is Indexed"],
  [
    { completionMode: "Odd" },
    'spec.completionMode: Unsupported value: "Odd": supported values: "NonIndexed", "Indexed"',
  ],
  [{ backoffLimitPerIndex: 1 }, "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"],
  [
    { ...INDEXED, maxFailedIndexes: 1 },
    "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
  ],
  [
    { ...INDEXED, backoffLimitPerIndex: 1, maxFailedIndexes: 4 },
    "spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions",
  ],
  [
    { podFailurePolicy: { rules: [onExit("FailIndex", 1)] } },
    'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
  ],
  [
    { podFailurePolicy: { rules: [onExit("Ignore", 2, 1)] } },
    "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,1]: must be ordered",
  ],
  [
    { podFailurePolicy: { rules: [onExit("Ignore", 0)] } },
    "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
  ],
  [
    { podFailurePolicy: { rules: [{ action: "Ignore" }] } },
    "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
  ],
  [
    { podFailurePolicy: { rules: [] }, podReplacementPolicy: "TerminatingOrFailed" },
    'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
  ],
  [{ successPolicy: { rules: [{ succeededCount: 1 }] } }, "requires indexed completion mode"],
  [
    { ...INDEXED, successPolicy: { rules: [{}] } },
    "spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified",
  ],
  [
    { ...INDEXED, successPolicy: { rules: [{ succeededIndexes: "1,0" }] } },
    "error parsing succeededIndexes: non-increasing order, previous: 1, current: 0",
  ],
  [
    { ...INDEXED, successPolicy: { rules: [{ succeededIndexes: "0-3" }] } },
    'error parsing succeededIndexes: too large index: "3"',
  ],
])("%o is refused", async (spec, text) => {
  await expect(create(spec)).rejects.toThrow(text);
});

test("the completions of an indexed Job change together with its parallelism alone", async () => {
  programs = () => STAYS;
  await create({ ...INDEXED, parallelism: 3 });
  const patch = async (spec: object): Promise<unknown> =>
    await cluster.admin.patch(Jobs, { name: "j", namespace: "default" }, "merge", { spec });
  await expect(patch({ completions: 2 })).rejects.toThrow("can only be modified in tandem with spec.parallelism");
  await patch({ completions: 2, parallelism: 2 });
  await clock.advance(minutes(1));
  expect((await pods()).map(({ metadata }) => metadata.annotations?.[INDEX]).sort()).toEqual(["0", "1"]);
});
