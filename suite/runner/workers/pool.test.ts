import { expect, test } from "vitest";
import { RealClock, silentLog } from "../../../core/index.ts";
import type { CaseResult, ProgressEvent } from "../../../reports/index.ts";
import type { Case } from "../../catalogue/case.ts";
import { Guard } from "../../guard.ts";
import { layoutOf } from "../../layout.ts";
import { REFERENCE } from "../../subjects/subject.ts";
import type { SuiteRequest } from "../request.ts";
import { runInWorkers } from "./pool.ts";
import type { Chunk, FromWorker } from "./protocol.ts";
import type { RunningWorker } from "./start.ts";

const cases = Array.from(
  { length: 6 },
  (_, at): Case => ({
    ...{ id: `N-${at}`, file: `${at}.feature`, rows: 1, profile: "DRIVER-NODE", level: "core", strength: "must" },
    ...{
      title: `case ${at}`,
      feature: "F",
      tier: "E0",
      needs: [],
      behaviours: [],
      docs: [],
      line: 1,
      steps: 1,
      tags: [],
    },
  }),
);

const events: ProgressEvent[] = [];
function requestOf(part: Partial<SuiteRequest> = {}): SuiteRequest {
  events.length = 0;
  return {
    layout: layoutOf(),
    clock: new RealClock(),
    log: silentLog,
    guard: new Guard(),
    time: "virtual",
    ...{ seed: 1, order: "random", repeat: 1, waivers: [] },
    plan: { passes: [{ subject: REFERENCE, behaviour: "hardened", cases }], skips: [] },
    facts: {
      ...{ runId: "r", tool: { name: "mountproof", version: "0", node: "24", platform: "linux" }, environment: [] },
      ...{ command: "run", seed: 1, order: "random", repeat: 1, tier: "E0", isPartial: false },
      selection: { profiles: [], ids: [] },
    },
    repeatCommand: ({ id }) => `again ${id}`,
    onProgress: (event) => void events.push(event),
    onMessage: () => {},
    ...part,
  };
}

const resultOf = (id: string, status: "passed" | "failed" = "passed"): CaseResult => ({
  ...{ id, profile: "DRIVER-NODE", level: "core", strength: "must", title: id, feature: "F", file: "f", line: 1 },
  ...{ docs: [], features: [], subject: "reference", behaviour: "hardened", status, durationMs: 1 },
  steps: [{ keyword: "Then", text: "it holds", status, durationMs: 1 }],
  ...{ exchanges: [], log: [], notes: [] },
  ...(status === "failed" && { failure: { message: "it does not hold" } }),
});

/** A worker that says what `act` makes it say for each chunk. */
function scripted(act: (chunk: Chunk, say: (message: FromWorker) => void, die: (how: string) => void) => void) {
  return (): RunningWorker => {
    const end = Promise.withResolvers<string>();
    const listeners: ((message: FromWorker) => void)[] = [];
    const say = (message: FromWorker): void =>
      queueMicrotask(() => {
        for (const listener of listeners) listener(message);
      });
    const die = (how: string): void => queueMicrotask(() => end.resolve(how));
    return {
      onMessage: (listener) => void listeners.push(listener),
      ended: end.promise,
      kill: () => die("SIGKILL"),
      send: (message) => {
        if (message.type === "assignment") say({ type: "ready" });
        if (message.type === "run") act(message.chunk, say, die);
        if (message.type === "end" || message.type === "interrupt") {
          say({ type: "over", findings: [] });
          die("exit code 0");
        }
      },
    };
  };
}

const good = scripted(({ ids }, say) => {
  for (const id of ids) say({ type: "began", id });
  say({ type: "done", results: ids.map((id) => resultOf(id)), findings: [] });
  say({ type: "ready" });
});

test("every case has one result, whoever ran it", async () => {
  const { results, findings } = await runInWorkers(requestOf(), 2, good);
  expect(results.map(({ id }) => id).toSorted()).toEqual(cases.map(({ id }) => id));
  expect(findings).toEqual([]);
});

test("a failed case comes with the line that repeats it", async () => {
  const worker = scripted(({ ids }, say) => {
    say({ type: "done", results: ids.map((id) => resultOf(id, "failed")), findings: [] });
    say({ type: "ready" });
  });
  const { results } = await runInWorkers(requestOf(), 1, worker);
  expect(results.find(({ id }) => id === "N-3")?.repeat).toBe("again N-3");
});

test("a worker that dies fails the run and names the case under way; the others run what is left", async () => {
  let fatal = "";
  const dying = scripted(({ ids: [id = ""] }, say, die) => {
    fatal = id;
    say({ type: "began", id });
    die("SIGSEGV");
  });
  const workers = [dying, good];
  const outcome = await runInWorkers(requestOf(), 2, (index) => (workers[index] ?? good)());
  const message = `worker 1 ended while ${fatal} was under way: SIGSEGV`;
  expect(outcome.findings).toEqual([{ kind: "run", message, fails: true }]);
  expect(outcome.results).toHaveLength(cases.length);
  const failed = outcome.results.filter(({ status }) => status === "failed");
  expect(failed).toMatchObject([{ id: fatal, failure: { message }, repeat: `again ${fatal}` }]);
  expect(events).toContainEqual(expect.objectContaining({ type: "executed", id: fatal, status: "failed" }));
});

test("without a worker left no case is lost in silence", async () => {
  const dying = scripted((_chunk, _say, die) => die("exit code 1"));
  const { results } = await runInWorkers(requestOf(), 1, dying);
  expect(results.map(({ status }) => status)).toEqual(cases.map(() => "failed"));
  expect(results.filter(({ failure }) => failure?.message === "did not run: no worker was left")).toHaveLength(5);
});

test("a worker that leaves out a case of its chunk is found out", async () => {
  const forgetful = scripted((_chunk, say) => {
    say({ type: "done", results: [], findings: [] });
    say({ type: "ready" });
  });
  await expect(runInWorkers(requestOf(), 1, forgetful)).rejects.toThrow(/not exactly one result for N-/);
});

test("what makes the run impossible for one worker ends it for all, as the same error", async () => {
  const failing = scripted((_chunk, say, die) => {
    say({ type: "failed", code: "environment", message: "no folder can be made", hint: "set TMPDIR" });
    die("exit code 0");
  });
  await expect(runInWorkers(requestOf(), 2, failing)).rejects.toMatchObject({
    code: "environment",
    message: "no folder can be made",
    hint: "set TMPDIR",
  });
});

test("an interrupt reaches every worker and is no result", async () => {
  const interrupting = new AbortController();
  const hanging = scripted(() => interrupting.abort("SIGINT"));
  const run = runInWorkers(requestOf({ signal: interrupting.signal }), 2, hanging);
  await expect(run).rejects.toMatchObject({ code: "cancelled" });
});
