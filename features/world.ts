import { appendFileSync } from "node:fs";
import { join } from "node:path";
import {
  After,
  type ITestCaseHookParameter,
  type IWorldOptions,
  setDefaultTimeout,
  setDefinitionFunctionWrapper,
  setWorldConstructor,
  World,
} from "@cucumber/cucumber";
import {
  type Canaries,
  type Clock,
  createLog,
  type Log,
  MountproofError,
  minutes,
  Scope,
  seconds,
  VirtualClock,
} from "../core/index.ts";
import { Journal } from "../net/journal.ts";
import { GatheredJournal } from "../net/journal-file.ts";
import {
  currentPass,
  EVIDENCE,
  type Evidence,
  type PassContext,
  type RunContext,
  SkipCase,
  type Subject,
} from "../suite/index.ts";
import { exchangesOf, failureOf } from "./world/evidence.ts";

/** A part of the World that only some cases need: made on first use, once a scenario. */
export type Facet<T> = (world: MountproofWorld) => T;

/** A text that outsiders can read, to be searched for canaries when the scenario ends. */
type Surface = { readonly name: string; readonly read: () => string | Promise<string> };

/** No step of ours takes long; this ends one that hangs for good, in real time. */
const STEP_TIMEOUT_MS = 60_000;
/** The last exchanges of a failed case are shown. */
const SHOWN_EXCHANGES = 40;
const SHOWN_LOG_LINES = 60;
/** An hour of a scenario lasts so long on the real clock. */
const LONGEST_REAL_SECONDS = 15;

/**
 * What the steps of one scenario share. It knows nothing of providers, clusters or stores: those are facets,
 * one file each below `world/`, reached by {@link MountproofWorld.use}.
 *
 * @example
 * // features/world/vault.ts
 * export const vault: Facet<VaultFacet> = (world) => new VaultFacet(world);
 * // features/steps/vault.steps.ts
 * Given("a sealed Vault", async function (this: MountproofWorld) {
 *   await this.use(vault).seal();
 * });
 */
export class MountproofWorld extends World {
  /** What this scenario starts; given back when it ends. */
  readonly scope = new Scope("scenario");
  readonly pass: PassContext;
  /** Virtual, unless a subject or a part runs as a process. */
  readonly clock: Clock;
  readonly journal: Journal;
  /** Everything parts log in this scenario; shown when it fails, and searched for canaries. */
  readonly logger: Log;
  readonly #facets = new Map<Facet<unknown>, unknown>();
  readonly #surfaces: Surface[] = [];
  readonly #logLines: string[] = [];
  readonly #shown = new Set<string>();
  readonly #began: number;
  #folder: Promise<string> | undefined;
  /** The clock has one mover at a time; several waits of a step move it one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: IWorldOptions) {
    super(options);
    const pass = currentPass.getStore();
    if (pass === undefined)
      throw new MountproofError("internal", {
        message: "the World was made outside of a run",
        hint: "run the features with: npx mountproof run",
      });
    this.pass = pass;
    const hasProcesses = pass.run.parts === "processes";
    const isReal = hasProcesses || pass.run.time === "real" || !runsInProcess(pass.subject);
    this.clock = isReal ? pass.run.clock : new VirtualClock();
    this.#began = this.clock.now();
    this.journal = hasProcesses ? new GatheredJournal(this.clock) : new Journal(this.clock);
    this.logger = createLog({
      clock: this.clock,
      level: "debug",
      destination: { write: (line) => void this.#logLines.push(line.trimEnd()) },
    });
    this.exposes("log", () => this.#logLines.join("\n"));
  }

  /** What the parts of this scenario have logged, a line each, at every level. */
  get logged(): readonly string[] {
    return this.#logLines;
  }

  get run(): RunContext {
    return this.pass.run;
  }

  /** Secrets of this run: make one with `create`, have others watched with `watch`. */
  get canaries(): Canaries {
    return this.run.guard.canaries;
  }

  /** The facet's one instance in this scenario. */
  use<T>(facet: Facet<T>): T {
    if (!this.#facets.has(facet)) this.#facets.set(facet, facet(this));
    return this.#facets.get(facet) as T;
  }

  /** A folder of this scenario below the run's, short enough for sockets. */
  folder(): Promise<string> {
    this.#folder ??= this.run.makeFolder("case", this.scope);
    return this.#folder;
  }

  /** Leaves the case as skipped; the reason is what the report shows. */
  skip(reason: string): never {
    throw new SkipCase(reason);
  }

  /** Something the reader of the report should know, though nothing failed. */
  note(text: string): void {
    this.#attach(EVIDENCE.note, { text: this.redact(text) });
  }

  /** Names a text that outsiders can read: events, metrics, error messages. No canary may show in it. */
  exposes(name: string, read: Surface["read"]): void {
    this.#surfaces.push({ name, read });
  }

  /** The text without secrets, for evidence. That one showed is kept, and fails the run. */
  redact(text: string, where = "the evidence of the case"): string {
    for (const { label, form } of this.run.guard.search(text)) this.#shown.add(`${label} (${form}) showed in ${where}`);
    return this.run.guard.redact(text);
  }

  /**
   * Waits for something that may take (virtual) time, moving the clock as far as needed.
   * @returns what the promise resolves with; rejects as it does, or with `timeout` after `ms`
   */
  async settle<T>(promise: Promise<T>, ms: number): Promise<T> {
    const { clock } = this;
    if (!(clock instanceof VirtualClock)) return await promise;
    let isSettled = false;
    const outcome = promise.finally(() => {
      isSettled = true;
    });
    outcome.catch(() => {}); // awaited below, or given up
    const limit = clock.now() + ms;
    const turn = this.#turn.then(async () => {
      // Whoever moved the clock before us may have moved it past our end.
      if (!isSettled && !(await clock.advanceUntil(() => isSettled, Math.max(0, limit - clock.now()))))
        throw new MountproofError("timeout", { message: `nothing came of it within ${ms} ms` });
    });
    this.#turn = turn.catch(() => {});
    await turn;
    return await outcome;
  }

  /**
   * Minutes of the scenario in milliseconds. On the real clock each is a second: whoever waits for it has its interval
   * from the same case, by its flags. What lasts long, as an outage of an hour, is cut to many such intervals.
   */
  minutes(count: number): number {
    return this.clock.kind === "virtual" ? minutes(count) : seconds(Math.min(count, LONGEST_REAL_SECONDS));
  }

  /** Lets time pass: virtual time at once, real time by waiting. */
  async elapse(ms: number): Promise<void> {
    if (this.clock instanceof VirtualClock) await this.clock.advance(ms);
    else await this.clock.sleep(ms);
  }

  /** @internal Keeps what a failing step threw, with expected and got. */
  failed(error: unknown): void {
    this.#attach(
      EVIDENCE.failure,
      failureOf(error, (text) => this.redact(text, "an error")),
    );
  }

  /** @internal Keeps why the case was left. */
  skipped(reason: string): void {
    this.#attach(EVIDENCE.skip, { reason: this.redact(reason) });
  }

  /** @internal The end of the scenario: evidence, a search for canaries, and everything given back. */
  async finish(hasFailed: boolean, id: string): Promise<void> {
    try {
      for (const { name, read } of this.#surfaces) this.redact(await read(), `the ${name}`);
      this.#keepJournal(id);
      const { subject, behaviour } = this.pass;
      if (subject.kind === "reference") subject.onJournal?.(id, behaviour, this.journal.entries());
    } finally {
      await this.scope[Symbol.asyncDispose]();
    }
    if (hasFailed) {
      const exchanges = exchangesOf(this.journal.entries().slice(-SHOWN_EXCHANGES), this.#began);
      this.#attach(EVIDENCE.exchanges, JSON.parse(this.redact(JSON.stringify(exchanges), "an exchange")));
      this.#attach(
        EVIDENCE.log,
        this.#logLines.slice(-SHOWN_LOG_LINES).map((line) => this.run.guard.redact(line)),
      );
    }
    for (const message of this.#shown) this.#attach(EVIDENCE.finding, { message });
    if (this.#shown.size > 0 && !hasFailed)
      throw new MountproofError("internal", { message: `a secret showed: ${[...this.#shown].join("; ")}` });
  }

  /** Appended to: a case may have several rows, and run more than once. */
  #keepJournal(id: string): void {
    const { journalFolder } = this.run;
    if (journalFolder === undefined) return;
    const lines = this.journal.entries().map((entry) => `${JSON.stringify(entry)}\n`);
    appendFileSync(join(journalFolder, `${id}.ndjson`), this.redact(lines.join(""), "the journal"));
  }

  #attach<K extends keyof Evidence>(mediaType: K, evidence: Evidence[K]): void {
    this.attach(JSON.stringify(evidence), mediaType);
  }
}

function runsInProcess(subject: Subject): boolean {
  if (subject.kind === "provider") return subject.lifetime === "case";
  if (subject.kind === "reference") return subject.emulator === undefined && subject.cluster === undefined;
  return subject.start !== undefined;
}

setWorldConstructor(MountproofWorld);
setDefaultTimeout(STEP_TIMEOUT_MS);

async function endOfCase(this: MountproofWorld, { result, pickle }: ITestCaseHookParameter): Promise<void> {
  const id = pickle.tags.map(({ name }) => /^@([A-Z]+-.*\d.*)$/.exec(name)?.[1]).find((found) => found !== undefined);
  await this.finish(result?.status === "FAILED", id ?? "case");
}

type StepFunction = (this: MountproofWorld, ...parameters: unknown[]) => unknown;

// A step may leave its case from any depth, and what it throws reaches the report with both sides.
setDefinitionFunctionWrapper((step: StepFunction): StepFunction => {
  return async function (this: MountproofWorld, ...parameters) {
    // After an interrupt nothing new begins; what the case had started is given back as at every end.
    if (this.run.signal?.aborted === true && (step as unknown) !== endOfCase) return "skipped";
    try {
      return await step.apply(this, parameters);
    } catch (error) {
      if (error instanceof SkipCase) {
        this.skipped(error.message);
        return "skipped";
      }
      this.failed(error);
      throw error;
    }
  };
});

After(endOfCase);
