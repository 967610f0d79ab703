import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, isMountproofError, MountproofError, seconds } from "../../../core/index.ts";
import type {
  Parameters,
  ProviderInputs,
  ProviderSubject,
  RunningProvider,
  SubjectPlace,
} from "../../../suite/index.ts";
import { CSIDriverProvider, type VersionResponse } from "../../../wire/gen/provider_pb.ts";
import { type GrpcClient, GrpcError, GrpcStatus, grpcClient } from "../../../wire/grpc/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { attributesOf, goJson } from "./attributes.ts";
import { recorded } from "./exchange.ts";
import { type MountOutcome, outcomeOfError, outcomeOfResponse } from "./outcome.ts";
import { Patience } from "./patience.ts";

/** The contract asks for an answer to Version in less than this (PC-02); Mount is given as much unless told otherwise. */
const ANSWER_WITHIN_MS = seconds(5);

/** For a provider in this process; a program brings its own limit. */
const START_WITHIN_MS = seconds(60);

const NEWS_WITHIN_MS = 100;

/** What a Mount asks for; what is left out is as the driver sends it. */
export type MountQuestion = {
  readonly parameters?: Parameters;
  /** Beside the parameters, as a pod author's volumeAttributes. */
  readonly extra?: Parameters;
  /** Replaces the attributes, JSON or not. */
  readonly rawAttributes?: string;
  readonly secrets?: string;
  readonly versions?: readonly { readonly id: string; readonly version: string }[];
};

/** The provider under test, and the scripted driver that asks it. */
export class ProviderFacet {
  readonly #world: MountproofWorld;
  readonly #subject: ProviderSubject;
  #running: Promise<RunningProvider> | undefined;
  #client: GrpcClient<typeof CSIDriverProvider> | undefined;

  constructor(world: MountproofWorld) {
    const { subject } = world.pass;
    if (subject.kind !== "provider")
      throw new MountproofError("internal", { message: `"${subject.id}" is no provider: this case examines one` });
    this.#world = world;
    this.#subject = subject;
  }

  get inputs(): ProviderInputs {
    return this.#subject.inputs;
  }

  /** The valid parameters; the plan has seen to it that they are there. */
  get parameterSets(): readonly [Parameters, ...Parameters[]] {
    const { parameters } = this.inputs;
    if (parameters === undefined) this.#world.skip("no --parameters FILE was given");
    return parameters;
  }

  /** The provider, started if need be; one that ended since the last case is started again. */
  running(): Promise<RunningProvider> {
    this.#running ??= this.#start();
    return this.#running;
  }

  async kill(): Promise<void> {
    const provider = await this.running();
    await provider.kill();
    this.#hangUp();
  }

  async restart(): Promise<void> {
    await (await this.running()).restart();
  }

  async version(): Promise<VersionResponse> {
    const client = await this.#dial();
    const request = { version: "v1alpha1" };
    return await recorded(this.#world, "Version", request, () =>
      this.#patiently((deadlineMs) => client.version(request, { deadlineMs }), ANSWER_WITHIN_MS),
    );
  }

  /** Mounts once. A refusal is an outcome; only a provider that cannot be reached at all throws. */
  async mount(question: MountQuestion = {}): Promise<MountOutcome> {
    const client = await this.#dial();
    const attributes =
      question.rawAttributes ?? goJson(attributesOf(question.parameters ?? this.parameterSets[0], question.extra));
    const request = {
      attributes,
      secrets: question.secrets ?? "null",
      targetPath: await this.#targetPath(),
      permission: "420",
      currentObjectVersion: (question.versions ?? []).map(({ id, version }) => ({ id, version })),
    };
    try {
      const response = await recorded(this.#world, "Mount", request, () =>
        this.#patiently((deadlineMs) => client.mount(request, { deadlineMs })),
      );
      const outcome = outcomeOfResponse(response);
      this.#conceal(outcome, attributes);
      return outcome;
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      const outcome = outcomeOfError(error.code, error.details);
      const ended = await this.endedBy(outcome);
      return ended === undefined ? outcome : { ...outcome, ended };
    }
  }

  /** How the provider ended, when the answer looks as if it had; undefined while it runs. */
  async endedBy(outcome: MountOutcome): Promise<string | undefined> {
    const provider = await this.running();
    // The connection breaks a moment before the system tells of the program's end.
    if (outcome.code === "Unavailable" || outcome.code === "Internal") await this.#world.elapse(NEWS_WITHIN_MS);
    return provider.ended();
  }

  /** Changes the value in the store. A command that fails says nothing about the provider. */
  async rotate(): Promise<void> {
    const { rotate } = this.inputs;
    if (rotate === undefined) this.#world.skip("no --rotate CMD was given");
    const { socketPath } = await this.running();
    if (this.inputs.secretValues !== undefined && this.inputs.parameters !== undefined) await this.beforeRotation();
    try {
      await rotate({ socketPath, lifeline: this.#world.run.lifeline });
    } catch (error) {
      if (isMountproofError(error, "invalid_argument"))
        this.#world.skip(`${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`);
      throw error;
    }
  }

  /**
   * A mount of each set of parameters, made before this run changes a value for the first time: the values that
   * the provider's author named are those of that time, whatever order the cases run in.
   */
  beforeRotation(): Promise<readonly MountOutcome[]> {
    return this.#world.pass.once("before rotation", async () => {
      const outcomes: MountOutcome[] = [];
      for (const parameters of this.parameterSets) outcomes.push(await this.mount({ parameters }));
      return outcomes;
    });
  }

  /** What secrets the provider was asked for hold, by what it mounted and what its author said. */
  secretsKnown(mounted: readonly MountOutcome[]): string[] {
    const contents = mounted.flatMap((outcome) => outcome.files.map((file) => Buffer.from(file.contents).toString()));
    return [...contents, ...(this.inputs.secretValues?.values ?? [])].filter((value) => value.length >= 4);
  }

  /** What was mounted is most likely secret, whether its author told of it or not; what was asked for is not. */
  #conceal(outcome: MountOutcome, attributes: string): void {
    for (const { contents } of outcome.files) {
      const value = Buffer.from(contents).toString();
      if (!attributes.includes(value)) this.#world.run.guard.conceal("mounted value", value);
    }
  }

  async #start(): Promise<RunningProvider> {
    const { run, pass } = this.#world;
    if (this.#subject.lifetime === "case") {
      const place = this.#place(this.#world.clock, await this.#world.folder());
      return this.#world.scope.use(await this.#world.settle(this.#subject.start(place), START_WITHIN_MS));
    }
    const provider = await pass.once("provider", async (scope) => {
      const folder = await run.makeFolder("p", scope);
      try {
        const place = { ...this.#place(run.clock, folder), keptLog: run.keptLog(this.#subject.id) };
        return scope.use(await this.#subject.start(place));
      } catch (error) {
        // What never ran is no provider that fails: there is nothing to judge, and every case would tell the same.
        if (isMountproofError(error) && (this.#subject.isProgram || error.code === "environment")) run.abandon(error);
        throw error;
      }
    });
    const end = provider.ended();
    if (end !== undefined) {
      this.#world.note(`the provider had ended with ${end} since the last case, and was started again`);
      await provider.restart();
    }
    return provider;
  }

  #place(clock: Clock, folder: string): SubjectPlace {
    return { clock, folder, log: this.#world.logger, lifeline: this.#world.run.lifeline };
  }

  async #dial(): Promise<GrpcClient<typeof CSIDriverProvider>> {
    const { socketPath } = await this.running();
    if (this.#client === undefined) {
      this.#client = grpcClient(CSIDriverProvider, {
        clock: this.#world.clock,
        target: { path: socketPath },
      });
      this.#world.scope.defer("connection to the provider", () => this.#hangUp());
    }
    return this.#client;
  }

  #hangUp(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async #patiently<T>(call: (deadlineMs: number) => Promise<T>, atMostMs = Number.POSITIVE_INFINITY): Promise<T> {
    const fullMs = this.#subject.answerWithinMs ?? ANSWER_WITHIN_MS;
    const patience = await this.#world.pass.once("patience", async () => new Patience(fullMs));
    const ms = Math.min(patience.ms, atMostMs);
    try {
      const answer = await this.#world.settle(call(ms), ms);
      patience.answered();
      return answer;
    } catch (error) {
      if (error instanceof GrpcError && error.code === GrpcStatus.DEADLINE_EXCEEDED) {
        patience.hung();
        const before = ms < Math.min(fullMs, atMostMs) ? `, after calls that got none within ${fullMs / 1000} s` : "";
        throw new GrpcError(error.code, `no answer within ${ms / 1000} s${before}`, { cause: error });
      }
      patience.answered();
      throw error;
    }
  }

  /** The mount exists when a provider is called (contract), and this one is empty. */
  async #targetPath(): Promise<string> {
    const path = join(await this.#world.folder(), "mount");
    await mkdir(path, { recursive: true });
    return path;
  }
}

export const provider: Facet<ProviderFacet> = (world) => new ProviderFacet(world);
