import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Clock, MountproofError, messageOf, seconds } from "../../core/index.ts";
import type { Lifeline } from "../lifeline.ts";
import type { KeptLog } from "./kept-log.ts";

export type ProgramSpec = {
  readonly clock: Clock;
  /** Names it in errors. */
  readonly name: string;
  /** A line for the shell, or a program and its arguments. */
  readonly command: string | readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** False: of this process's own variables it gets PATH alone, as in a pod. Default true. */
  readonly inheritsEnv?: boolean;
  readonly cwd?: string;
  /** Where what it prints is kept; secrets in it are told there. */
  readonly log?: KeptLog;
  readonly lifeline?: Lifeline;
  /** Sees each line of its standard output first; what it takes by returning true is neither kept nor searched. */
  readonly takeLine?: (line: string) => boolean;
};

export type ProgramEnd = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** How many printed lines are kept at hand for an error. */
const TAIL_LINES = 30;
const LAST_WORDS_MS = 100;

/** A program of someone else, in a process group of its own, its output kept. */
export class Program {
  readonly #spec: ProgramSpec;

  constructor(spec: ProgramSpec) {
    this.#spec = spec;
  }

  /** @throws MountproofError `environment` when it cannot be started at all */
  async start(): Promise<RunningProgram> {
    const { command, name, env, cwd, inheritsEnv = true } = this.#spec;
    const [file, ...args] = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
    const child = spawn(file ?? "", args, {
      // A group of its own: a shell's children end with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...(inheritsEnv ? process.env : { PATH: process.env["PATH"] }), ...env },
      ...(cwd !== undefined && { cwd }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) =>
        reject(
          new MountproofError("environment", {
            message: `${name} cannot be started: ${messageOf(cause)}`,
            hint: "is the path right, and is the file executable?",
            culprit: { command: typeof command === "string" ? command : command[0] },
            cause,
          }),
        ),
      );
    });
    return new RunningProgram(this.#spec, child);
  }
}

export class RunningProgram implements AsyncDisposable {
  readonly pid: number;
  /** Resolves when the program has ended, however. */
  readonly ended: Promise<ProgramEnd>;
  #end: ProgramEnd | undefined;
  readonly #spec: ProgramSpec;
  readonly #tail: string[] = [];

  constructor(spec: ProgramSpec, child: ChildProcess) {
    this.#spec = spec;
    this.pid = child.pid ?? 0;
    const printed = [this.#read(child.stdout, spec.takeLine), this.#read(child.stderr)];
    spec.lifeline?.watch(this.pid);
    this.ended = new Promise((resolve) =>
      child.once("exit", (code, signal) => {
        const end = { code, signal };
        this.#end = end;
        // Its last words may still be in the pipe; what a child of it prints later is not waited for.
        void Promise.race([Promise.all(printed), spec.clock.sleep(LAST_WORDS_MS)]).then(() => resolve(end));
      }),
    );
  }

  /** How it ended; undefined while it runs. */
  get end(): ProgramEnd | undefined {
    return this.#end;
  }

  /** The last lines it printed, secrets replaced. */
  tail(): readonly string[] {
    return this.#tail;
  }

  /** SIGKILL to the whole group, as when a node runs out of memory. */
  async kill(): Promise<void> {
    await this.#finish();
  }

  /** SIGTERM, and nothing more: it ends when it likes. */
  terminate(): void {
    this.#signal("SIGTERM");
  }

  /** SIGTERM, and SIGKILL when it has not ended after two seconds. */
  async stop(): Promise<void> {
    this.#signal("SIGTERM");
    using patience = this.#spec.clock.deadline(seconds(2));
    const late = new Promise<void>((resolve) =>
      patience.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    await Promise.race([this.ended, late]);
    await this.#finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Also after a clean end: what a shell started in the background is still in the group. */
  async #finish(): Promise<void> {
    this.#signal("SIGKILL");
    await this.ended;
    this.#spec.lifeline?.forget(this.pid);
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // ESRCH: nobody is left in the group
    }
  }

  #read(stream: Readable | null, take?: ProgramSpec["takeLine"]): Promise<unknown> {
    if (stream === null) return Promise.resolve();
    const lines = createInterface({ input: stream });
    lines.on("line", (line) => {
      if (take?.(line) !== true) this.#keep(line);
    });
    return once(lines, "close");
  }

  #keep(line: string): void {
    const { log, name } = this.#spec;
    this.#tail.push(log?.add(name, line) ?? line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
  }
}

/** `status 2`, `signal SIGSEGV` */
export function endText(end: ProgramEnd): string {
  return end.signal === null ? `status ${end.code}` : `signal ${end.signal}`;
}
