import { MountproofError } from "../../../core/index.ts";
import type { CaseResult, Finding } from "../../../reports/index.ts";
import type { Case } from "../../catalogue/case.ts";
import type { Pass } from "../../plan.ts";
import { GRACE_MS, interruption } from "../open-run.ts";
import type { RunOutcome, SuiteRequest } from "../request.ts";
import { resultOf } from "../results.ts";
import { chunksOf, HandOut } from "./hand-out.ts";
import { JoinedMessages } from "./join-messages.ts";
import type { Assignment, Chunk, FromWorker } from "./protocol.ts";
import { type RunningWorker, startWorker } from "./start.ts";

/**
 * Runs the plan in processes of their own, each with a run folder of its own.
 * @throws MountproofError what the first worker threw that cannot make the run; `cancelled` when the run is interrupted
 */
export async function runInWorkers(
  request: SuiteRequest,
  count: number,
  start: (index: number) => RunningWorker = () => startWorker(request.layout),
): Promise<RunOutcome> {
  const scenarios = request.plan.passes.flatMap(({ cases }) => cases).reduce((sum, { rows }) => sum + rows, 0);
  request.onProgress({ type: "planned", count: scenarios * request.repeat });
  const pool = new Pool(request);
  await Promise.all(Array.from({ length: count }, (_, index) => pool.employ(index, start(index))));
  return pool.outcome();
}

class Pool {
  readonly #request: SuiteRequest;
  readonly #assignment: Assignment;
  readonly #handOut: HandOut;
  readonly #messages: JoinedMessages;
  readonly #results: CaseResult[] = [];
  readonly #findings: Finding[] = [];
  readonly #workers = new Set<RunningWorker>();
  #failure: MountproofError | undefined;
  #isWhole = true;

  constructor(request: SuiteRequest) {
    this.#request = request;
    const { layout, time, seed, order, repeat, logFolder, journalFolder, plan } = request;
    this.#assignment = {
      ...{ layout, time, seed, order, repeat },
      ...(logFolder !== undefined && { logFolder }),
      ...(journalFolder !== undefined && { journalFolder }),
      passes: plan.passes.map(({ subject, behaviour, cases }) => ({ subject: subject.id, behaviour, cases })),
      isDebugging: request.isDebugging === true,
    };
    this.#handOut = new HandOut(chunksOf(plan, request));
    this.#messages = new JoinedMessages(request.onMessage);
  }

  /** Resolves when the worker has ended, with whatever it had in hand accounted for. */
  async employ(index: number, worker: RunningWorker): Promise<void> {
    const { signal, clock } = this.#request;
    this.#workers.add(worker);
    let chunk: Chunk | undefined;
    let underWay: string | undefined;
    let isOver = false;
    worker.onMessage((message) => {
      if (message.type === "began") underWay = message.id;
      if (message.type === "over") isOver = true;
      if (message.type === "done" || message.type === "ready") chunk = undefined;
      if (message.type === "ready") {
        chunk = this.#failure === undefined ? this.#handOut.next(index) : undefined;
        worker.send(chunk === undefined ? { type: "end" } : { type: "run", chunk });
      } else this.#take(message);
    });
    const interrupt = (): void => {
      worker.send({ type: "interrupt" });
      void Promise.race([worker.ended, clock.sleep(GRACE_MS)]).then(() => worker.kill());
    };
    signal?.addEventListener("abort", interrupt, { once: true });
    worker.send({ type: "assignment", assignment: this.#assignment });
    const end = await worker.ended;
    signal?.removeEventListener("abort", interrupt);
    this.#workers.delete(worker);
    this.#handOut.forget(index);
    if (isOver || this.#failure !== undefined || signal?.aborted === true) return;
    this.#isWhole = false;
    const when = chunk === undefined ? "between two cases" : `while ${underWay ?? "its first case"} was under way`;
    const message = `worker ${index + 1} ended ${when}: ${end}`;
    this.#findings.push({ kind: "run", message, fails: true });
    if (chunk !== undefined)
      this.#lose(chunk, (id) => (id === underWay ? message : `did not run to its end: ${message}`));
  }

  /** What came of all cases of the plan: none is missing, none is counted twice. */
  outcome(): RunOutcome {
    const { signal } = this.#request;
    if (signal?.aborted === true) throw interruption(signal);
    if (this.#failure !== undefined) throw this.#failure;
    for (const chunk of this.#handOut.rest()) this.#lose(chunk, () => "did not run: no worker was left");
    this.#messages.end(this.#isWhole);
    assertAllThere(this.#request.plan.passes, this.#results);
    return { results: this.#results, findings: this.#findings };
  }

  #take(message: FromWorker): void {
    if (message.type === "executed") this.#request.onProgress(message.event);
    if (message.type === "messages") for (const line of message.lines) this.#messages.take(line);
    if (message.type === "over" || message.type === "done") this.#findings.push(...message.findings);
    if (message.type === "done") this.#results.push(...message.results.map((result) => this.#repeatable(result)));
    if (message.type === "failed" && this.#failure === undefined) {
      const { code, message: text, hint } = message;
      this.#failure = new MountproofError(code, { message: text, ...(hint !== undefined && { hint }) });
      for (const worker of this.#workers) worker.send({ type: "interrupt" });
    }
  }

  #repeatable(result: CaseResult): CaseResult {
    if (result.status !== "failed") return result;
    const pass = this.#request.plan.passes.find(
      ({ subject, behaviour }) => subject.id === result.subject && behaviour === result.behaviour,
    );
    const one = pass?.cases.find(({ id }) => id === result.id);
    return one === undefined || pass === undefined
      ? result
      : { ...result, repeat: this.#request.repeatCommand(one, pass) };
  }

  #lose({ pass: index, ids }: Chunk, why: (id: string) => string): void {
    const pass = this.#request.plan.passes[index] as Pass;
    for (const one of pass.cases.filter(({ id }) => ids.includes(id)))
      this.#results.push(this.#lost(pass, one, why(one.id)));
  }

  #lost(pass: Pass, one: Case, message: string): CaseResult {
    const { onProgress, repeatCommand } = this.#request;
    const { subject, behaviour } = pass;
    const status = "failed";
    onProgress({
      ...{ type: "executed", id: one.id, title: one.title, subject: subject.id, behaviour, status },
      ...{ durationMs: 0, reason: message },
    });
    const result = resultOf(one, { subject: subject.id, behaviour }, [], repeatCommand(one, pass));
    return { ...result, failure: { message } };
  }
}

/** @throws MountproofError `internal` when a case has no result, or two: a run may lose nothing in silence */
function assertAllThere(passes: readonly Pass[], results: readonly CaseResult[]): void {
  const key = (id: string, subject: string, behaviour: string): string => `${id} (${subject}, ${behaviour})`;
  const counted = Map.groupBy(results, ({ id, subject, behaviour }) => key(id, subject, behaviour));
  const wrong = passes.flatMap(({ cases, subject, behaviour }) =>
    cases.map(({ id }) => key(id, subject.id, behaviour)).filter((name) => counted.get(name)?.length !== 1),
  );
  if (wrong.length > 0)
    throw new MountproofError("internal", {
      message: `the workers gave not exactly one result for ${wrong.slice(0, 5).join(", ")}${wrong.length > 5 ? ` and ${wrong.length - 5} more` : ""}`,
    });
}
