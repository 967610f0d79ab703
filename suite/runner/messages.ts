import type { Envelope } from "@cucumber/messages";
import type { Guard } from "../guard.ts";
import { CompactMessages } from "./compact-messages.ts";

/**
 * Joins the message streams of several passes to one that any reader of Cucumber Messages takes: one start, one
 * end, one description of the environment. Secrets are replaced, and those seen are told.
 */
export class MessageStream {
  readonly #messages: CompactMessages;
  readonly #guard: Guard;
  readonly #onSighting: (where: string) => void;
  #runId: string | undefined;
  #lastFinished: Envelope | undefined;
  #isSuccess = true;
  /** Step definitions and hooks are announced anew with every part of a run; once is enough. */
  readonly #announced = new Set<string>();

  constructor(guard: Guard, write: (line: string) => void, onSighting: (where: string) => void) {
    this.#guard = guard;
    this.#messages = new CompactMessages((envelope) => write(`${JSON.stringify(envelope)}\n`));
    this.#onSighting = onSighting;
  }

  /** @returns the envelope with secrets replaced, for those who read on */
  take(envelope: Envelope): Envelope {
    const clean = this.#cleaned(envelope);
    const { testRunStarted, testRunFinished } = clean;
    if (testRunFinished !== undefined) {
      this.#isSuccess &&= testRunFinished.success;
      this.#lastFinished = clean;
      return clean;
    }
    const isFirst = this.#runId === undefined;
    if (testRunStarted !== undefined && isFirst) this.#runId = testRunStarted.id;
    else if (testRunStarted !== undefined || (clean.meta !== undefined && !isFirst)) return clean;
    const id = (clean.stepDefinition ?? clean.hook ?? clean.parameterType)?.id;
    if (id !== undefined && this.#announced.has(id)) return clean;
    if (id !== undefined) this.#announced.add(id);
    this.#messages.take(this.#inOneRun(clean));
    return clean;
  }

  end(): void {
    if (this.#lastFinished?.testRunFinished === undefined) return;
    const testRunFinished = { ...this.#lastFinished.testRunFinished, success: this.#isSuccess };
    this.#messages.take(this.#inOneRun({ testRunFinished }));
  }

  #inOneRun(envelope: Envelope): Envelope {
    const id = this.#runId ?? "";
    const { testCase, testRunHookStarted, testRunFinished } = envelope;
    if (testCase !== undefined) return { testCase: { ...testCase, testRunStartedId: id } };
    if (testRunHookStarted !== undefined)
      return { testRunHookStarted: { ...testRunHookStarted, testRunStartedId: id } };
    if (testRunFinished !== undefined) return { testRunFinished: { ...testRunFinished, testRunStartedId: id } };
    return envelope;
  }

  /** Only what the World or an error wrote can hold a secret; the rest is the catalogue's own text. */
  #cleaned(envelope: Envelope): Envelope {
    const { attachment, testStepFinished, testRunHookFinished } = envelope;
    const speaks =
      attachment !== undefined ||
      testStepFinished?.testStepResult.message !== undefined ||
      testRunHookFinished?.result.message !== undefined;
    if (!speaks) return envelope;
    const text = JSON.stringify(envelope);
    const sightings = this.#guard.search(text);
    if (sightings.length === 0) return envelope;
    for (const { label, form } of sightings) this.#onSighting(`${label} (${form})`);
    return JSON.parse(this.#guard.redact(text)) as Envelope;
  }
}
