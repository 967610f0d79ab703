import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { isMountproofError, MountproofError, messageOf } from "../../core/index.ts";
import { answers } from "./readiness.ts";
import type { ProviderInputs, ProviderSubject, RunningProvider } from "./subject.ts";

/** A provider that somebody else runs, reached by its socket. */
export function targetProvider(spec: {
  readonly path: string;
  readonly inputs: ProviderInputs;
  readonly answerWithinMs?: number;
}): ProviderSubject {
  return {
    kind: "provider",
    id: basename(spec.path).replace(/\.sock$/, ""),
    title: `unix:${spec.path}`,
    lifetime: "run",
    isProgram: false,
    inputs: spec.inputs,
    ...(spec.answerWithinMs !== undefined && { answerWithinMs: spec.answerWithinMs }),
    start: async ({ clock }) => {
      await assertSocket(spec.path);
      if (!(await answers(clock, spec.path)))
        throw new MountproofError("environment", {
          message: `nobody listens on "${spec.path}"`,
          hint: "start the provider first, or let this run start it: --exec COMMAND",
          culprit: { target: spec.path },
        });
      return new TargetProvider(spec.path);
    },
  };
}

class TargetProvider implements RunningProvider {
  readonly socketPath: string;
  readonly socketFolder = undefined;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  async kill(): Promise<void> {
    throw notOurs();
  }

  async restart(): Promise<void> {
    throw notOurs();
  }

  ended(): string | undefined {
    return undefined;
  }

  logTail(): readonly string[] {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function notOurs(): MountproofError {
  return new MountproofError("unsupported", {
    message: "this run did not start the provider, so it cannot restart it",
  });
}

/** @throws MountproofError `environment` that tells a missing folder from a missing, unreadable or plain file */
async function assertSocket(path: string): Promise<void> {
  const fail = (message: string, hint: string, cause?: unknown): MountproofError =>
    new MountproofError("environment", { message, hint, culprit: { target: path }, cause });
  const folder = dirname(path);
  try {
    const inside = await stat(folder);
    if (!inside.isDirectory()) throw fail(`"${folder}" is not a folder`, "name the socket's full path");
    const found = await stat(path);
    if (!found.isSocket()) throw fail(`"${path}" is not a Unix socket`, "name the socket the provider listens on");
  } catch (error) {
    if (isMountproofError(error)) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EACCES")
      throw fail(
        `"${path}" cannot be read: permission denied`,
        "run as a user who may read the socket's folder",
        error,
      );
    throw fail(`there is no socket "${path}": ${messageOf(error)}`, "is the provider running?", error);
  }
}
