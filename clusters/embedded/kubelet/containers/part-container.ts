import { join, posix } from "node:path";
import { type Clock, createLog, isMountproofError, messageOf } from "../../../../core/index.ts";
import type { ListenPlace } from "../../../../net/index.ts";
import type { ContainerOfPart } from "../../../cluster.ts";
import { expand } from "./env.ts";
import type { LogFile, LogStream } from "./log-file.ts";
import type { ContainerMount, ContainerToStart } from "./runtime.ts";
import type { ContainerTask, TaskEnd } from "./task.ts";

/** Starts a part in a container. */
export type PartStarter = (container: ContainerOfPart) => Promise<AsyncDisposable>;

/** Where a part listens: at an address of this machine, or in a place of its pod's. */
export type PartAddress = { readonly address: string; readonly place: ListenPlace | undefined };

/** A part of this project as what runs in a container: its start is its process's, its failure an exit code. */
export class PartContainer implements ContainerTask {
  readonly pid = undefined;
  readonly stdin = null;
  readonly terminal = undefined;
  readonly exited: Promise<TaskEnd>;
  readonly #clock: Clock;
  readonly #log: LogFile;
  readonly #listeners = new Set<(stream: LogStream, chunk: string) => void>();
  readonly #end = Promise.withResolvers<TaskEnd>();
  readonly #started: Promise<AsyncDisposable | undefined>;
  #finishing: Promise<void> | undefined;

  constructor(clock: Clock, start: ContainerToStart, at: PartAddress, log: LogFile, launch: PartStarter) {
    this.#clock = clock;
    this.#log = log;
    this.exited = this.#end.promise;
    const { pod, container, env, mounts } = start;
    const { namespace, name, uid } = pod.metadata;
    const said = { write: (line: string): void => this.#say("stderr", line.trimEnd()) };
    const begin = (): Promise<AsyncDisposable> =>
      clock.activity.track(`container ${container.name} starts`, () =>
        launch({
          pod: { namespace, name, uid, serviceAccount: pod.spec.serviceAccountName ?? "default" },
          address: at.place === undefined ? at.address : "0.0.0.0",
          ...(at.place !== undefined && { place: at.place }),
          args: [...(container.command ?? []), ...(container.args ?? [])].map((part) => expand(part, env)),
          env,
          ports: (container.ports ?? []).map(({ containerPort }) => containerPort),
          log: createLog({ clock, name: container.name, destination: said }),
          say: (stream, line) => this.#say(stream, line),
          path: (inContainer) => pathOnNode(mounts, inContainer),
          exit: (code) => void this.#finish(code),
        }),
      );
    // Not in this turn: whoever is launched may exit at once.
    this.#started = Promise.resolve()
      .then(begin)
      .catch((error: unknown) => {
        this.#say("stderr", `error: ${isMountproofError(error) ? error.describe() : messageOf(error)}`);
        void this.#finish(1);
        return undefined;
      });
  }

  onOutput(listen: (stream: LogStream, chunk: string) => void): Disposable {
    this.#listeners.add(listen);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listen) };
  }

  async stop(graceMs: number): Promise<void> {
    using deadline = this.#clock.deadline(graceMs);
    deadline.signal.addEventListener("abort", () => this.kill(), { once: true });
    await Promise.race([this.#finish(0), this.exited]);
  }

  kill(): void {
    this.#settle(137);
    void this.#finish(137);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#finish(137);
  }

  #finish(code: number): Promise<void> {
    this.#finishing ??= this.#giveBack(code);
    return this.#finishing;
  }

  async #giveBack(code: number): Promise<void> {
    try {
      const part = await this.#started;
      await part?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#say("stderr", `error: ${messageOf(error)}`);
    }
    this.#settle(code);
  }

  #settle(code: number): void {
    this.#end.resolve({ code, reason: code === 0 ? "Completed" : "Error" });
  }

  #say(stream: LogStream, line: string): void {
    this.#log.line(stream, line);
    for (const listen of this.#listeners) listen(stream, `${line}\n`);
  }
}

/** Through the deepest mount that holds it; what no mount holds is the same on the node. */
function pathOnNode(mounts: readonly ContainerMount[], inContainer: string): string {
  const path = posix.resolve("/", inContainer);
  const found = mounts
    .map((mount) => ({ ...mount, at: posix.resolve("/", mount.mountPath) }))
    .filter(({ at }) => path === at || path.startsWith(at === "/" ? "/" : `${at}/`))
    .toSorted((a, b) => b.at.length - a.at.length)[0];
  return found === undefined ? path : join(found.source, posix.relative(found.at, path));
}
