import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { MountproofError } from "../../core/index.ts";
import { GatheredJournal } from "../../net/journal-file.ts";
import { endText, layoutOf, Program, type RunningProgram } from "../../suite/index.ts";
import type { Facet, MountproofWorld } from "../world.ts";

/** What a part is started with: words behind `mountproof`, and its environment. */
export type PartCommand = {
  /** `driver`, `provider/vault`, `fake/vault`, `cluster`: as journal and errors call it. */
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

const START_WITHIN_MS = 30_000;
const LOOK_MS = 25;

/**
 * The reference parts as processes of their own, by the project's own commands. They end with the scenario, and with
 * the run however it ends; what they journal joins the scenario's journal.
 */
export class ProcessesFacet {
  readonly #world: MountproofWorld;
  #folder: Promise<string> | undefined;
  #count = 0;

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  /** Whether this run has its parts as processes. */
  get isOn(): boolean {
    return this.#world.run.parts === "processes";
  }

  /** A file of the scenario's folder for parts. */
  async file(name: string): Promise<string> {
    this.#folder ??= this.#world.folder().then((folder) => {
      const parts = join(folder, "parts");
      mkdirSync(parts, { recursive: true });
      return parts;
    });
    return join(await this.#folder, name);
  }

  /** Starts a part and returns when `isReady` says so. */
  async start(command: PartCommand, isReady: () => boolean | Promise<boolean>): Promise<RunningProgram> {
    const program = await this.#spawn(command);
    await this.#await(program, command.name, isReady);
    return program;
  }

  /** Starts a part that tells by one line of JSON where it is, and returns that; the line is kept nowhere. */
  async startAnnounced<T>(command: PartCommand): Promise<T> {
    let announced: T | undefined;
    const program = await this.#spawn(command, (line) => {
      if (announced !== undefined) return false;
      announced = JSON.parse(line) as T;
      return true;
    });
    await this.#await(program, command.name, () => announced !== undefined);
    return announced as T;
  }

  /** A file whose entries join the scenario's journal. */
  async journalFile(): Promise<string> {
    const path = await this.file(`${++this.#count}.ndjson`);
    const { journal } = this.#world;
    if (journal instanceof GatheredJournal) journal.gather(path);
    return path;
  }

  /** The words that start a part and have it journal there. */
  command({ args }: Pick<PartCommand, "args">, journalFile: string): [string, ...string[]] {
    return [process.execPath, join(layoutOf().root, "bin", "mountproof.js"), ...args, `--journal-file=${journalFile}`];
  }

  async #spawn({ name, args, env }: PartCommand, takeLine?: (line: string) => boolean): Promise<RunningProgram> {
    const { run, scope } = this.#world;
    const program = scope.use(
      await new Program({
        clock: run.clock,
        name: `the part "${name}"`,
        log: run.keptLog(name),
        lifeline: run.lifeline,
        command: this.command({ args }, await this.journalFile()),
        ...(env !== undefined && { env }),
        ...(takeLine !== undefined && { takeLine }),
      }).start(),
    );
    this.#world.scope.defer(`check of "${name}"`, () => {
      if (program.end === undefined) return;
      throw new MountproofError("subject_failed", {
        message: `the part "${name}" had ended with ${endText(program.end)}: ${program.tail().slice(-5).join("\n")}`,
      });
    });
    return program;
  }

  async #await(program: RunningProgram, name: string, isReady: () => boolean | Promise<boolean>): Promise<void> {
    const { clock } = this.#world.run;
    const end = clock.now() + START_WITHIN_MS;
    while (!(await isReady())) {
      const said = program.tail().slice(-5).join("\n");
      if (program.end !== undefined)
        throw new MountproofError("subject_failed", {
          message: `the part "${name}" ended with ${endText(program.end)} while it started: ${said}`,
        });
      if (clock.now() > end)
        throw new MountproofError("timeout", {
          message: `the part "${name}" was not ready within ${START_WITHIN_MS / 1000} s: ${said}`,
        });
      await clock.sleep(LOOK_MS);
    }
  }
}

export const processes: Facet<ProcessesFacet> = (world) => new ProcessesFacet(world);
