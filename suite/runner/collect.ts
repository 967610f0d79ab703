import {
  type Attachment,
  AttachmentContentEncoding,
  type Envelope,
  type GherkinDocument,
  type Pickle,
  type PickleStep,
  type TestCase,
  type TestStepResult,
  TestStepResultStatus,
  TimeConversion,
} from "@cucumber/messages";
import type { Exchange, Failure, StepResult } from "../../reports/index.ts";
import { EVIDENCE } from "../evidence.ts";

/** One pickle that ran: a case, or one row of its examples, once. */
export type Execution = {
  readonly uri: string;
  /** All tags, `@` included. */
  readonly tags: readonly string[];
  readonly title: string;
  readonly status: "passed" | "failed" | "skipped";
  readonly reason: string | undefined;
  readonly durationMs: number;
  readonly steps: readonly StepResult[];
  readonly failure: Failure | undefined;
  readonly exchanges: readonly Exchange[];
  readonly log: readonly string[];
  readonly notes: readonly string[];
  readonly findings: readonly string[];
};

type Running = {
  readonly pickle: Pickle;
  readonly testCase: TestCase;
  readonly results: Map<string, TestStepResult>;
  readonly attachments: Attachment[];
};

export type CollectorListener = {
  /** The tags of a scenario that begins. */
  readonly onStarted?: (tags: readonly string[]) => void;
  readonly onFinished: (execution: Execution) => void;
};

/** Turns cucumber's messages into {@link Execution}s, one as each scenario ends. */
export class Collector {
  readonly #keywords = new Map<string, string>();
  readonly #pickles = new Map<string, Pickle>();
  readonly #testCases = new Map<string, TestCase>();
  readonly #running = new Map<string, Running>();
  readonly #listener: CollectorListener;
  /** What went wrong outside of any scenario: run hooks, files that do not parse. */
  readonly problems: string[] = [];

  constructor(listener: CollectorListener) {
    this.#listener = listener;
  }

  take(envelope: Envelope): void {
    const { gherkinDocument, pickle, testCase, testCaseStarted, testStepFinished, attachment, testCaseFinished } =
      envelope;
    if (gherkinDocument !== undefined) this.#learn(gherkinDocument);
    if (pickle !== undefined) this.#pickles.set(pickle.id, pickle);
    if (testCase !== undefined) this.#testCases.set(testCase.id, testCase);
    if (envelope.parseError !== undefined) this.problems.push(envelope.parseError.message);
    if (envelope.testRunHookFinished?.result.status === TestStepResultStatus.FAILED)
      this.problems.push(envelope.testRunHookFinished.result.message ?? "a hook of the run failed");
    if (testCaseStarted !== undefined) {
      const started = this.#testCases.get(testCaseStarted.testCaseId);
      const ran = this.#pickles.get(started?.pickleId ?? "");
      if (started !== undefined && ran !== undefined) {
        this.#running.set(testCaseStarted.id, { pickle: ran, testCase: started, results: new Map(), attachments: [] });
        this.#listener.onStarted?.(ran.tags.map(({ name }) => name));
      }
    }
    if (testStepFinished !== undefined)
      this.#running
        .get(testStepFinished.testCaseStartedId)
        ?.results.set(testStepFinished.testStepId, testStepFinished.testStepResult);
    if (attachment?.testCaseStartedId !== undefined)
      this.#running.get(attachment.testCaseStartedId)?.attachments.push(attachment);
    if (testCaseFinished !== undefined) {
      const finished = this.#running.get(testCaseFinished.testCaseStartedId);
      this.#running.delete(testCaseFinished.testCaseStartedId);
      if (finished !== undefined) this.#listener.onFinished(executionOf(finished, this.#keywords));
    }
  }

  #learn(document: GherkinDocument): void {
    const containers = (document.feature?.children ?? []).flatMap((child) => [child, ...(child.rule?.children ?? [])]);
    for (const child of containers)
      for (const step of [...(child.background?.steps ?? []), ...(child.scenario?.steps ?? [])])
        this.#keywords.set(step.id, step.keyword.trim());
  }
}

const SHOWN: Partial<Record<TestStepResultStatus, StepResult["status"]>> = {
  [TestStepResultStatus.PASSED]: "passed",
  [TestStepResultStatus.FAILED]: "failed",
  [TestStepResultStatus.SKIPPED]: "skipped",
};

function executionOf(running: Running, keywords: ReadonlyMap<string, string>): Execution {
  const { pickle, testCase, results } = running;
  const stepsById = new Map(pickle.steps.map((step) => [step.id, step]));
  const steps: StepResult[] = [];
  let failure: Failure | undefined;
  let isSkipped = false;
  let durationMs = 0;
  for (const { id, pickleStepId } of testCase.testSteps) {
    const result = results.get(id);
    if (result === undefined) continue;
    const step = stepsById.get(pickleStepId ?? "");
    const status = SHOWN[result.status] ?? "undefined";
    const tookMs = TimeConversion.durationToMilliseconds(result.duration);
    durationMs += tookMs;
    const shown = step === undefined ? undefined : shownStep(step, keywords, status, tookMs);
    if (shown !== undefined) steps.push(shown);
    if (status === "skipped") isSkipped = true;
    if (status === "failed" || status === "undefined")
      failure ??= failureOf(result, shown, evidenceOf(running, EVIDENCE.failure, id)[0] as Failure | undefined);
  }
  if (steps.length === 0) failure ??= { message: "the scenario executed no step" };
  const skips = evidenceOf(running, EVIDENCE.skip) as { reason: string }[];
  return {
    uri: pickle.uri,
    tags: pickle.tags.map((tag) => tag.name),
    title: pickle.name,
    status: failure !== undefined ? "failed" : isSkipped ? "skipped" : "passed",
    reason:
      failure === undefined && isSkipped ? (skips[0]?.reason ?? "a step left the case without a reason") : undefined,
    durationMs,
    steps,
    failure,
    exchanges: (evidenceOf(running, EVIDENCE.exchanges) as Exchange[][]).flat(),
    log: (evidenceOf(running, EVIDENCE.log) as string[][]).flat(),
    notes: (evidenceOf(running, EVIDENCE.note) as { text: string }[]).map((note) => note.text),
    findings: (evidenceOf(running, EVIDENCE.finding) as { message: string }[]).map((finding) => finding.message),
  };
}

function shownStep(
  step: PickleStep,
  keywords: ReadonlyMap<string, string>,
  status: StepResult["status"],
  durationMs: number,
): StepResult {
  const { argument } = step;
  return {
    keyword: step.astNodeIds.map((id) => keywords.get(id)).find((keyword) => keyword !== undefined) ?? "*",
    text: step.text,
    status,
    durationMs,
    ...(argument?.docString !== undefined && { docString: argument.docString.content }),
    ...(argument?.dataTable !== undefined && {
      table: argument.dataTable.rows.map((row) => row.cells.map((cell) => cell.value)),
    }),
  };
}

function failureOf(result: TestStepResult, step: StepResult | undefined, evidence: Failure | undefined): Failure {
  const name = step === undefined ? "a hook" : `${step.keyword} ${step.text}`;
  if (step?.status === "undefined")
    return { step: name, message: `no step definition fits: ${result.status.toLowerCase()}` };
  const stack = result.exception?.stackTrace;
  return {
    message: result.exception?.message ?? result.message ?? "failed without a message",
    ...(stack !== undefined && { stack }),
    ...evidence,
    step: name,
  };
}

function evidenceOf(running: Running, mediaType: string, stepId?: string): unknown[] {
  return running.attachments
    .filter(
      (attachment) => attachment.mediaType === mediaType && (stepId === undefined || attachment.testStepId === stepId),
    )
    .map((attachment) =>
      JSON.parse(
        attachment.contentEncoding === AttachmentContentEncoding.BASE64
          ? Buffer.from(attachment.body, "base64").toString("utf8")
          : attachment.body,
      ),
    );
}
