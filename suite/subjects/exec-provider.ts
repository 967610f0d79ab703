import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Log, MountproofError, Scope } from "../../core/index.ts";
import { endText, Program, type RunningProgram } from "./program.ts";
import { socketReady } from "./readiness.ts";
import { endStragglers } from "./stragglers.ts";
import type { ProviderInputs, ProviderSubject, RunningProvider, SubjectPlace } from "./subject.ts";

export type ExecProviderSpec = {
  /** A line for the shell; it finds SOCKET, SOCKET_DIR and PROVIDER_NAME in its environment. */
  readonly command: string;
  /** What PROVIDER_NAME says, and the socket is called. */
  readonly name: string;
  readonly inputs: ProviderInputs;
  /** How long it may take until it answers, in milliseconds. */
  readonly readyWithinMs: number;
  /** How long a mount may take, in milliseconds; the suite's own limit when left out. */
  readonly answerWithinMs?: number;
};

/** sockaddr_un holds 108 bytes on Linux and 104 elsewhere, one of them the terminator. */
const MAX_SOCKET_PATH = process.platform === "linux" ? 107 : 103;

/** A shell says 127 for a command that is not there and 126 for one it may not run (POSIX, "Exit Status"). */
const NOT_A_PROGRAM = new Set([126, 127]);

/** Any program, in any language, as the provider under test. */
export function execProvider(spec: ExecProviderSpec): ProviderSubject {
  return {
    kind: "provider",
    id: spec.name,
    title: spec.command,
    lifetime: "run",
    isProgram: true,
    inputs: spec.inputs,
    ...(spec.answerWithinMs !== undefined && { answerWithinMs: spec.answerWithinMs }),
    start: (place) =>
      Scope.run(`provider ${spec.name}`, async (scope) => {
        const folder = join(place.folder, "sockets");
        const bytes = Buffer.byteLength(join(folder, `${spec.name}.sock`));
        // Nobody can listen there: that is the folder's fault and not the provider's.
        if (bytes > MAX_SOCKET_PATH)
          throw new MountproofError("environment", {
            message: `the socket below "${place.folder}" would have a path of ${bytes} bytes, and at most ${MAX_SOCKET_PATH} fit`,
            hint: "set TMPDIR to a folder with a shorter path, such as /tmp",
          });
        await mkdir(folder, { recursive: true });
        const provider = new ExecProvider(spec, place, folder, scope);
        await provider.restart();
        return provider;
      }),
  };
}

class ExecProvider implements RunningProvider {
  readonly socketFolder: string;
  readonly #spec: ExecProviderSpec;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #place: SubjectPlace;
  readonly #scope: Scope;
  #program: RunningProgram | undefined;
  #socketPath: string;

  constructor(spec: ExecProviderSpec, place: SubjectPlace, socketFolder: string, scope: Scope) {
    this.#spec = spec;
    this.#place = place;
    this.#clock = place.clock;
    this.#log = place.log;
    this.socketFolder = socketFolder;
    this.#socketPath = join(socketFolder, `${spec.name}.sock`);
    this.#scope = scope;
    scope.defer("program", async () => {
      await this.#stop();
      await endStragglers(`SOCKET_DIR=${socketFolder}`);
    });
  }

  get socketPath(): string {
    return this.#socketPath;
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  async restart(): Promise<void> {
    await this.#stop();
    const { name, command, readyWithinMs } = this.#spec;
    const preferred = join(this.socketFolder, `${name}.sock`);
    const program = await new Program({
      clock: this.#clock,
      name: "the provider",
      command,
      env: { SOCKET: preferred, SOCKET_DIR: this.socketFolder, PROVIDER_NAME: name },
      ...(this.#place.keptLog !== undefined && { log: this.#place.keptLog }),
      ...(this.#place.lifeline !== undefined && { lifeline: this.#place.lifeline }),
    }).start();
    this.#program = program;
    this.#log.info("provider started", { pid: program.pid });
    using patience = this.#clock.deadline(readyWithinMs, { signal: this.#scope.signal });
    const waiting = new AbortController();
    patience.signal.addEventListener("abort", () => waiting.abort(this.#silent(program)), { once: true });
    void program.ended.then(() => waiting.abort(this.#died(program)));
    this.#socketPath = await socketReady(this.#clock, this.socketFolder, preferred, waiting.signal);
  }

  ended(): string | undefined {
    const end = this.#program?.end;
    return end === undefined ? undefined : endText(end);
  }

  logTail(): readonly string[] {
    return this.#program?.tail() ?? [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }

  async #stop(): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
    this.#program = undefined;
  }

  #silent(program: RunningProgram): MountproofError {
    return new MountproofError("subject_failed", {
      message: `the provider did not answer on a socket in $SOCKET_DIR within ${this.#spec.readyWithinMs / 1000} s${lastWords(program)}`,
      hint: "listen on $SOCKET; a slow starter gets more time by --ready-within SECONDS",
      culprit: { command: this.#spec.command },
    });
  }

  #died(program: RunningProgram): MountproofError {
    const code = program.end?.code ?? 0;
    const how = program.end === undefined ? "" : endText(program.end);
    // Not the provider's failure but a wrong command line: there is nothing to judge.
    return new MountproofError(NOT_A_PROGRAM.has(code) ? "environment" : "subject_failed", {
      message: `the provider ended with ${how} before it answered${lastWords(program)}`,
      hint: NOT_A_PROGRAM.has(code) ? "check the command given to --exec" : "run the command by hand to see why",
      culprit: { command: this.#spec.command },
    });
  }
}

function lastWords(program: RunningProgram): string {
  const lines = program.tail().slice(-5);
  return lines.length === 0 ? "" : `; it printed last: ${lines.join(" ⏎ ")}`;
}
