import { type ISupportCodeLibrary, runCucumber } from "@cucumber/cucumber/api";
import type { Envelope } from "@cucumber/messages";
import { type Scope, seededRandom } from "../../core/index.ts";
import type { CaseResult, Finding } from "../../reports/index.ts";
import type { Case } from "../catalogue/case.ts";
import type { Pass } from "../plan.ts";
import { currentPass, onceIn, type PassContext, type RunContext } from "../run-context.ts";
import { Collector, type Execution } from "./collect.ts";
import { logFindings } from "./log-findings.ts";
import { MessageStream } from "./messages.ts";
import type { RunOutcome, RunRequest } from "./request.ts";
import { resultOf } from "./results.ts";
import { quietEnvironment, sourcesOf } from "./support.ts";

export type CaseRunnerSpec = {
  readonly request: RunRequest;
  readonly run: RunContext;
  readonly support: ISupportCodeLibrary;
  readonly repeatCommand: (one: Case, pass: Pick<Pass, "subject" | "behaviour">) => string;
  /** Hears of each scenario as it begins. */
  readonly onBegan?: (one: Case) => void;
};

/** Runs cases through cucumber and says what came of them; the messages of all are one stream. */
export class CaseRunner {
  readonly #spec: CaseRunnerSpec;
  readonly #messages: MessageStream;
  readonly #shown = new Set<string>();

  constructor(spec: CaseRunnerSpec) {
    this.#spec = spec;
    const { guard, onMessage } = spec.request;
    this.#messages = new MessageStream(guard, onMessage, (where) => this.#shown.add(where));
  }

  /** What cases of a subject in one behaviour share, until `scope` ends. */
  contextOf({ subject, behaviour }: Pick<Pass, "subject" | "behaviour">, scope: Scope): PassContext {
    const { run, request } = this.#spec;
    return { run, subject, behaviour, random: seededRandom(request.seed), once: onceIn(scope), scope };
  }

  /** Runs these cases as often as the run repeats them. */
  async runCases(context: PassContext, cases: readonly Case[]): Promise<RunOutcome> {
    const { request, run, onBegan } = this.#spec;
    const { subject, behaviour } = context;
    const findings: Finding[] = [];
    const executions = new Map<string, Execution[]>(cases.map((one) => [one.id, []]));
    const byTag = new Map(cases.map((one) => [`@${one.id}`, one]));
    const caseOf = (tags: readonly string[]): Case | undefined =>
      tags.map((tag) => byTag.get(tag)).find((found) => found !== undefined);
    const collector = new Collector({
      onStarted: (tags) => {
        const one = caseOf(tags);
        if (one === undefined) return;
        run.began(one.id, subject.id);
        onBegan?.(one);
      },
      onFinished: (execution) => {
        const one = caseOf(execution.tags);
        if (one === undefined) return;
        executions.get(one.id)?.push(execution);
        if (run.signal?.aborted === true) return; // what is left of an interrupted run is nobody's result
        const reason = execution.failure?.message ?? execution.reason;
        request.onProgress({
          type: "executed",
          id: one.id,
          title: execution.title,
          subject: subject.id,
          behaviour,
          status: execution.status,
          durationMs: execution.durationMs,
          ...(reason !== undefined && { reason }),
        });
        for (const message of execution.findings)
          findings.push({ kind: "secret-shown", message: `${one.id}: ${message}`, fails: true });
      },
    });
    for (let round = 0; round < request.repeat; round++)
      await this.#round(context, cases, round, (envelope) => collector.take(this.#messages.take(envelope)));
    for (const message of collector.problems) findings.push({ kind: "run", message, fails: true });
    const results: CaseResult[] = cases.map((one) =>
      resultOf(
        one,
        { subject: subject.id, behaviour },
        executions.get(one.id) ?? [],
        this.#spec.repeatCommand(one, context),
      ),
    );
    return { results, findings };
  }

  /** Ends the stream of messages; what had to be replaced in it, or in the logs of programs, is told. */
  end(): Finding[] {
    this.#messages.end();
    const shown = [...this.#shown].map(
      (where): Finding => ({ kind: "secret-shown", message: `${where} showed in the messages of a case`, fails: true }),
    );
    return [...logFindings(this.#spec.run.sightings()), ...shown];
  }

  async #round(
    context: PassContext,
    cases: readonly Case[],
    round: number,
    take: (envelope: Envelope) => void,
  ): Promise<void> {
    const { request, support } = this.#spec;
    const complaints: string[] = [];
    const paths = [...new Set(cases.map((one) => one.file))];
    const tags = cases.map((one) => `@${one.id}`).join(" or ");
    const order = request.order === "random" ? (`random:${request.seed + round}` as const) : "defined";
    let planned = 0;
    const onEnvelope = (envelope: Envelope): void => {
      if (envelope.testCase !== undefined) planned++;
      // All test cases are announced before the first begins.
      if (envelope.testCaseStarted !== undefined && planned > 0) {
        request.onProgress({ type: "planned", count: planned });
        planned = 0;
      }
      take(envelope);
    };
    await currentPass.run(context, async () => {
      await runCucumber(
        {
          sources: sourcesOf(paths, tags, order),
          support,
          runtime: {
            dryRun: false,
            failFast: false,
            filterStacktraces: true,
            parallel: 0,
            retry: 0,
            retryTagFilter: "",
            strict: true,
            worldParameters: {},
          },
          formats: { stdout: "summary", files: {}, publish: false, options: {} },
        },
        quietEnvironment(request.layout, complaints),
        onEnvelope,
      );
    });
  }
}
