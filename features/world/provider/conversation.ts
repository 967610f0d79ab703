import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { isWord } from "../../../suite/index.ts";
import type { VersionResponse } from "../../../wire/gen/provider_pb.ts";
import { GrpcError } from "../../../wire/grpc/index.ts";
import { check, checkSame } from "../../check.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { type MountQuestion, provider } from "./index.ts";
import type { MountOutcome } from "./outcome.ts";
import * as verify from "./verify.ts";

/** Upstream's rule for names, without the empty one, which no socket can have. */
const PROVIDER_SOCKET = /^[a-zA-Z0-9_-]{1,30}\.sock$/;

/** Attributes that are no JSON object, by what a scenario calls them. */
const MALFORMED: Readonly<Record<string, string>> = { "cut-off JSON": '{"objects": "', "no JSON": "objects=none" };

/** Keys no provider has a meaning for. */
const UNKNOWN = { "mountproof.example/unknown": "ignored", somethingElse: "[{]", "": "empty key" };

/** One conversation of the driver with the provider under test: what was asked, and what it must have answered. */
export class Conversation {
  readonly #world: MountproofWorld;
  readonly #mounts: MountOutcome[] = [];
  #version: VersionResponse | GrpcError | undefined;
  #changed: readonly string[] = [];
  #socketBefore: string | undefined;
  #alone: readonly MountOutcome[] = [];
  #atOnce: readonly MountOutcome[] = [];

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  async askVersion(): Promise<void> {
    this.#version = await this.#provider.version().catch((error: unknown) => {
      if (error instanceof GrpcError) return error;
      throw error;
    });
  }

  async mount(question: MountQuestion = {}): Promise<void> {
    this.#mounts.push(await this.#provider.mount(question));
  }

  async mountComplete(): Promise<void> {
    await this.mount();
    verify.verifyComplete(this.#last, this.#digester);
  }

  async mountMalformed(attributes: string): Promise<void> {
    await this.mount({ rawAttributes: malformed(attributes) });
  }

  async mountUnknown(): Promise<void> {
    await this.mount({ extra: UNKNOWN });
  }

  async mountMissing(): Promise<void> {
    const { missing } = this.#provider.inputs;
    if (missing === undefined) this.#world.skip("no --missing FILE was given");
    await this.mount({ parameters: missing });
  }

  async mountNaming(versions: string): Promise<void> {
    const current = this.#first.versions;
    const named: Readonly<Record<string, MountOutcome["versions"]>> = {
      "no versions": [],
      "stale versions": current.map(({ id }) => ({ id, version: "stale" })),
      "current versions": current,
    };
    await this.mount({ versions: named[versions] ?? [] });
  }

  /**
   * As many mounts as asked for, in turn of each set of parameters and of attributes that are no JSON, so that an
   * answer which went to the wrong caller can be told.
   */
  async mountAtOnce(count: number): Promise<void> {
    const questions: MountQuestion[] = [
      ...this.#provider.parameterSets.map((parameters) => ({ parameters })),
      { rawAttributes: malformed("cut-off JSON") },
    ];
    const alone: MountOutcome[] = [];
    for (const question of questions) alone.push(await this.#provider.mount(question));
    verify.verifyComplete(alone[0] as MountOutcome, this.#digester);
    const turns = Array.from({ length: count }, (_, index) => index % questions.length);
    this.#alone = turns.map((turn) => alone[turn] as MountOutcome);
    this.#atOnce = await Promise.all(turns.map((turn) => this.#provider.mount(questions[turn])));
  }

  async rotate(): Promise<void> {
    await this.#provider.rotate();
  }

  async killAndRestart(): Promise<void> {
    this.#socketBefore = (await this.#provider.running()).socketPath;
    await this.#provider.kill();
    await this.#provider.restart();
  }

  async run(): Promise<void> {
    await this.#provider.running();
  }

  async verifySocket(): Promise<void> {
    const { socketPath, socketFolder } = await this.#provider.running();
    const found = await stat(socketPath);
    check(found.isSocket(), "the provider listens on a Unix socket", { expected: "a Unix socket", got: socketPath });
    if (socketFolder !== undefined)
      checkSame(dirname(socketPath), socketFolder, "the socket stands in the provider folder", "use $SOCKET_DIR");
  }

  async verifySocketName(): Promise<void> {
    const { socketPath } = await this.#provider.running();
    check(PROVIDER_SOCKET.test(basename(socketPath)), "the socket is called by a provider name", {
      expected: `a name that matches ${PROVIDER_SOCKET.source}`,
      got: basename(socketPath),
    });
  }

  verifyVersion(): void {
    const version = this.#served();
    const got = { runtime_name: version.runtimeName, runtime_version: version.runtimeVersion };
    check(version.runtimeName !== "" && version.runtimeVersion !== "", "the provider names itself and its version", {
      expected: "a runtime_name and a runtime_version",
      got,
    });
  }

  verifyServed(): void {
    this.#served();
  }

  verifyComplete(): void {
    verify.verifyComplete(this.#last, this.#digester);
  }

  verifySame(): void {
    verify.verifySame(this.#last, this.#first, this.#digester, "the second mount is the same as the first");
  }

  verifyPaths(): void {
    this.verifyComplete();
    verify.verifyPaths(this.#last);
  }

  verifyModes(): void {
    this.verifyComplete();
    for (const path of verify.verifyModes(this.#last))
      this.#world.note(`"${path}" has mode 0: nobody but root can read it`);
  }

  verifyDecimalPermission(): void {
    this.verifyComplete();
    verify.verifyDecimalPermission(this.#last);
  }

  verifyUniqueIds(): void {
    this.verifyComplete();
    verify.verifyUniqueIds(this.#last);
  }

  verifyContentChanged(): void {
    this.verifyComplete();
    this.#changed = verify.verifyContentChanged(this.#first, this.#last, this.#digester);
  }

  verifyVersionChanged(): void {
    verify.verifyVersionChanged(this.#first, this.#last, this.#changed);
  }

  async verifyRefused(): Promise<void> {
    verify.verifyRefused(this.#last, this.#digester);
    const end = await this.#provider.endedBy(this.#last);
    check(end === undefined, "the provider survives a mount that fails", { expected: "it runs on", got: end });
  }

  async verifyShowsNoSecret(): Promise<void> {
    const refusal = this.#last;
    if (this.#provider.inputs.parameters !== undefined) await this.mount();
    const known = this.#provider.secretsKnown(this.#mounts);
    const shown = `${refusal.code} ${refusal.message}`;
    verify.verifyShowsNone(
      shown,
      known.filter((value) => !isWord(value)),
    );
    if (known.some((value) => isWord(value) && shown.includes(value)))
      this.#world.skip("the message has a short word that is also a secret's value: mount one that is no word");
  }

  async verifyValues(): Promise<void> {
    const { secretValues } = this.#provider.inputs;
    if (secretValues === undefined) this.#world.skip("no --secret-values FILE was given");
    const outcomes = await this.#provider.beforeRotation();
    for (const outcome of outcomes) verify.verifyComplete(outcome, this.#digester);
    verify.verifyValues(outcomes, secretValues, this.#digester);
  }

  async verifySameSocket(): Promise<void> {
    const { socketPath } = await this.#provider.running();
    checkSame(socketPath, this.#socketBefore, "the socket is where it was");
  }

  verifyEachAsAlone(): void {
    for (const [index, outcome] of this.#atOnce.entries())
      verify.verifySame(
        outcome,
        this.#alone[index] as MountOutcome,
        this.#digester,
        `mount ${index + 1} of ${this.#atOnce.length} gets what it gets alone`,
      );
  }

  get #provider() {
    return this.#world.use(provider);
  }

  get #digester() {
    return this.#world.run.digester;
  }

  get #first(): MountOutcome {
    return this.#mounts[0] as MountOutcome;
  }

  get #last(): MountOutcome {
    return this.#mounts.at(-1) as MountOutcome;
  }

  #served(): VersionResponse {
    const answer = this.#version;
    if (answer === undefined || answer instanceof GrpcError) {
      const got = answer === undefined ? "nothing" : `${answer.codeName}: ${answer.details}`;
      check(false, "Version is answered", { expected: "OK", got });
    }
    return answer;
  }
}

function malformed(name: string): string {
  return MALFORMED[name] ?? name;
}

export const conversation: Facet<Conversation> = (world) => new Conversation(world);
