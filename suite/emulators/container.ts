import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { MountproofError, messageOf } from "../../core/index.ts";

export type ContainerSpec = {
  readonly image: string;
  /** Names it in errors. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Sees each line that it prints; what it takes by returning true is not kept. */
  readonly takeLine?: (line: string) => boolean;
};

export type RunningContainer = AsyncDisposable & {
  readonly tail: () => readonly string[];
  readonly ended: () => string | undefined;
};

const TAIL_LINES = 30;

/** What is used of testcontainers: loaded only by a run that starts containers. */
type Testcontainers = {
  readonly GenericContainer: new (image: string) => NotStarted;
};
type NotStarted = {
  withEnvironment(env: Readonly<Record<string, string>>): NotStarted;
  withNetworkMode(mode: string): NotStarted;
  withLogConsumer(take: (stream: Readable) => void): NotStarted;
  withWaitStrategy(strategy: unknown): NotStarted;
  start(): Promise<{ stop(options: { timeout: number }): Promise<unknown> }>;
};

/**
 * A container on this machine's own network, by testcontainers: the store must reach the cluster's API server, and the
 * provider the store, both at loopback addresses. Its end is its caller's to wait for readiness.
 * @throws MountproofError `environment` when testcontainers is not installed or the container cannot be started
 */
export async function startContainer(spec: ContainerSpec): Promise<RunningContainer> {
  const { GenericContainer } = await load();
  const tail: string[] = [];
  let end: string | undefined;
  const read = (stream: Readable): void => {
    const lines = createInterface({ input: stream });
    lines.on("line", (line) => {
      if (spec.takeLine?.(line) === true) return;
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
    });
    stream.on("end", () => {
      end ??= "the end of its output";
    });
  };
  try {
    const container = await new GenericContainer(spec.image)
      .withEnvironment(spec.env)
      .withNetworkMode("host")
      .withLogConsumer(read)
      .withWaitStrategy(AT_ONCE)
      .start();
    return {
      tail: () => tail,
      ended: () => end,
      [Symbol.asyncDispose]: async () => void (await container.stop({ timeout: 1000 })),
    };
  } catch (cause) {
    throw new MountproofError("environment", {
      message: `${spec.name} cannot be started as a container of "${spec.image}": ${messageOf(cause)}`,
      hint: "can this machine pull the image, and may you use Docker? mountproof doctor tells",
      cause,
    });
  }
}

/** Whether it serves is asked by its caller, over its own protocol. */
const AT_ONCE = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => AT_ONCE,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 60_000,
};

async function load(): Promise<Testcontainers> {
  const name = "testcontainers";
  try {
    return (await import(name)) as Testcontainers;
  } catch (cause) {
    throw new MountproofError("environment", {
      message: `containers are started by the package "testcontainers", which cannot be loaded: ${messageOf(cause)}`,
      hint: "npm install testcontainers, or name the stores' programs by MOUNTPROOF_VAULT, MOUNTPROOF_BAO and MOUNTPROOF_MOTO",
      cause,
    });
  }
}
