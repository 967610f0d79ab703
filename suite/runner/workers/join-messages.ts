import type { Envelope } from "@cucumber/messages";
import { CompactMessages } from "../compact-messages.ts";

const NAMES_ITS_RUN = new Set(["testRunStarted", "testRunFinished", "testCase", "testRunHookStarted"]);
/** What each worker tells of the same files. */
const OF_A_FILE = new Set(["source", "gherkinDocument", "pickle"]);

/**
 * One stream of Cucumber Messages of those of several workers, each whole in itself: one start, one end, one
 * description of the environment.
 */
export class JoinedMessages {
  readonly #write: (line: string) => void;
  readonly #messages: CompactMessages;
  #runId: string | undefined;
  #hasMeta = false;
  #last: NonNullable<Envelope["testRunFinished"]> | undefined;
  #isSuccess = true;

  constructor(write: (line: string) => void) {
    this.#write = write;
    this.#messages = new CompactMessages((envelope) => write(`${JSON.stringify(envelope)}\n`));
  }

  take(line: string): void {
    // The one key of an envelope says what it is; most lines pass as they are.
    const kind = /^\{"(\w+)":/.exec(line)?.[1];
    if (kind === "meta") {
      if (!this.#hasMeta) this.#write(line);
      this.#hasMeta = true;
    } else if (kind !== undefined && NAMES_ITS_RUN.has(kind)) this.#inOneRun(line);
    else if (kind !== undefined && OF_A_FILE.has(kind)) this.#messages.take(JSON.parse(line) as Envelope);
    else this.#write(line);
  }

  /** @param isWhole false when a worker ended without a word: then the run was no success */
  end(isWhole: boolean): void {
    if (this.#last === undefined) return;
    const success = this.#isSuccess && isWhole;
    this.#say({ testRunFinished: { ...this.#last, success, testRunStartedId: this.#runId ?? "" } });
  }

  #inOneRun(line: string): void {
    const { testRunStarted, testRunFinished, testCase, testRunHookStarted } = JSON.parse(line) as Envelope;
    if (testRunStarted !== undefined) {
      if (this.#runId === undefined) this.#write(line);
      this.#runId ??= testRunStarted.id;
    }
    if (testRunFinished !== undefined) {
      this.#last = testRunFinished;
      this.#isSuccess &&= testRunFinished.success;
    }
    const testRunStartedId = this.#runId ?? "";
    if (testCase !== undefined) this.#say({ testCase: { ...testCase, testRunStartedId } });
    if (testRunHookStarted !== undefined)
      this.#say({ testRunHookStarted: { ...testRunHookStarted, testRunStartedId } });
  }

  #say(envelope: Envelope): void {
    this.#messages.take(envelope);
  }
}
