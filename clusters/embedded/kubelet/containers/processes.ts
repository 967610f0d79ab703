import type { ChildProcess } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { type Clock, RealClock, seconds } from "../../../../core/index.ts";
import type { Execution } from "./execution.ts";
import { LogFile, type LogStream } from "./log-file.ts";
import { ContainerStartError, type RuntimeNote } from "./runtime.ts";
import type { ContainerTask } from "./task.ts";
import { Terminal } from "./terminal.ts";
import { placeOf } from "./view-script.ts";
import { firstChild, type ViewCommand, type Views } from "./views.ts";

/** Told of process groups, so that whoever survives this process can end them. */
export type ProcessGroups = { watch(group: number): void; forget(group: number): void };

export type ProcessesSpec = {
  readonly clock: Clock;
  /** Opened by the first container that needs one. */
  readonly views: () => Promise<Views>;
  /** Where logs are kept, as on a node below /var/log/pods. */
  readonly logFolder: string;
  readonly groups?: ProcessGroups;
};

/** Real time that a process gets to end by itself before virtual time may kill it. */
const REAL_GRACE_MS = seconds(2);

/** The process of a container. */
export class ContainerProcess implements ContainerTask {
  readonly exited: Promise<{ readonly code: number; readonly reason: string }>;
  readonly terminal: Terminal;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #listeners = new Set<(stream: LogStream, chunk: string) => void>();

  constructor(child: ChildProcess, clock: Clock, log: LogFile, groups: ProcessGroups | undefined) {
    this.#child = child;
    this.#clock = clock;
    this.terminal = new Terminal(child);
    const follow = (stream: Readable | null, name: LogStream): Promise<void> | undefined =>
      stream === null
        ? undefined
        : log.follow(stream, name, (chunk) => {
            for (const listen of this.#listeners) listen(name, chunk);
          });
    const said = Promise.all([follow(child.stdout, "stdout"), follow(child.stderr, "stderr")]);
    child.stdin?.on("error", () => {});
    if (child.pid !== undefined) groups?.watch(child.pid);
    this.exited = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        if (child.pid !== undefined) groups?.forget(child.pid);
        const exit = code ?? 128 + (SIGNALS[signal ?? ""] ?? 9);
        void said.then(() => {
          log.end();
          resolve({ code: exit, reason: exit === 0 ? "Completed" : "Error" });
        });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get stdin(): Writable | null {
    return this.#child.stdin;
  }

  /** Hears what the process says from now on. */
  onOutput(listen: (stream: LogStream, chunk: string) => void): Disposable {
    this.#listeners.add(listen);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listen) };
  }

  /** SIGTERM, then SIGKILL after the grace period on the cluster's clock. */
  async stop(graceMs: number): Promise<void> {
    this.#signal("SIGTERM");
    // A process ends in real time: virtual time waits a while for it, and only then runs out.
    const token = this.#clock.activity.begin("container stops", 0);
    if (!(await this.#catchesTerm())) token.end();
    const patience = new RealClock().timer(REAL_GRACE_MS, () => token.end(), { ref: false });
    const kill = this.#clock.timer(graceMs, () => this.kill(), { ref: false });
    await this.exited;
    kill.cancel();
    patience.cancel();
    token.end();
  }

  kill(): void {
    // It is gone a moment later, in real time, which on a busy machine was minutes of virtual time.
    const token = this.#clock.activity.begin("container is killed", 0);
    const patience = new RealClock().timer(REAL_GRACE_MS, () => token.end(), { ref: false });
    void this.exited.then(() => {
      patience.cancel();
      token.end();
    });
    this.#signal("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
  }

  /** The first process of a container ignores SIGTERM unless it has a handler: nobody needs to wait for that. */
  async #catchesTerm(): Promise<boolean> {
    const { pid } = this.#child;
    if (pid === undefined) return false;
    const status = await readFile(`/proc/${await firstChild(pid)}/status`, "utf8").catch(() => "");
    const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1];
    return caught === undefined || (BigInt(`0x${caught}`) >> 14n) % 2n === 1n;
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null) return;
    // The first process of a pid namespace gets no default action for SIGTERM: its namespace's parent passes it on.
    try {
      process.kill(-pid, signal);
    } catch {
      this.#child.kill(signal);
    }
  }
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGTERM: 15,
  SIGKILL: 9,
  SIGINT: 2,
  SIGHUP: 1,
  SIGSEGV: 11,
  SIGABRT: 6,
};

export type ProcessStart = ViewCommand & { readonly log: LogFile };

type LogOwner = {
  readonly namespace: string;
  readonly podName: string;
  readonly podUid: string;
  readonly container: string;
};

/** Runs containers as processes of this machine, each in its view, and keeps their logs as containerd does. */
export class Processes {
  readonly #spec: ProcessesSpec;
  #views: Promise<Views> | undefined;

  constructor(spec: ProcessesSpec) {
    this.#spec = spec;
  }

  #open(): Promise<Views> {
    this.#views ??= this.#spec.views();
    return this.#views;
  }

  async viewKind(): Promise<Views["kind"]> {
    return (await this.#open()).kind;
  }

  /** What a person should know of how a process runs here; nothing where all is as on a real node. */
  async notes({ rights, readOnlyRoot }: Pick<ViewCommand, "rights" | "readOnlyRoot">): Promise<RuntimeNote[]> {
    const { kind, can } = await this.#open();
    const notes: RuntimeNote[] = [];
    if (kind === "paths") notes.push({ reason: "PathsRewritten", message: PATHS });
    if (kind === "paths" && readOnlyRoot === true) notes.push({ reason: "RootWritable", message: WRITABLE });
    if (!can.groups && (rights?.groups.length ?? 0) > 0) notes.push({ reason: "GroupsLeftOut", message: GROUPS });
    return notes;
  }

  /** @throws ContainerStartError when there is no such program */
  async start(wanted: ProcessStart): Promise<ContainerProcess> {
    const { clock, groups } = this.#spec;
    const views = await this.#open();
    await requireProgram(wanted, views, START);
    const child = await views.spawn(wanted).catch((error: unknown) => refuse(wanted, START, error));
    return new ContainerProcess(child, clock, wanted.log, groups);
  }

  async execute(pid: number | undefined, wanted: ViewCommand): Promise<Execution> {
    const { groups } = this.#spec;
    const views = await this.#open();
    await requireProgram(wanted, views, EXEC);
    const child = await (pid === undefined ? views.spawn(wanted) : views.enter(pid, wanted)).catch((error: unknown) =>
      refuse(wanted, EXEC, error),
    );
    const { stdin, stdout, stderr } = child as ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
    stdin.on("error", () => {});
    if (child.pid !== undefined) groups?.watch(child.pid);
    const exited = new Promise<number>((resolve) =>
      child.once("close", (code, signal) => {
        if (child.pid !== undefined) groups?.forget(child.pid);
        resolve(code ?? 128 + (SIGNALS[signal ?? ""] ?? 9));
      }),
    );
    const kill = (): void => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    return { stdin, stdout, stderr, exited, kill, terminal: wanted.tty === true ? new Terminal(child) : undefined };
  }

  /** The log of one attempt of a container, where kubelet would look for it. */
  openLog({ namespace, podName, podUid, container }: LogOwner, attempt: number): LogFile {
    const { logFolder, clock } = this.#spec;
    return new LogFile(join(logFolder, `${namespace}_${podName}_${podUid}`, container, `${attempt}.log`), clock);
  }
}

const PATHS =
  "namespaces are refused on this machine: paths below volume mounts are rewritten in the container's arguments and environment, and in what is executed in it";
const WRITABLE = "namespaces are refused on this machine: the container's root is not read-only";
const GROUPS =
  "this machine lets no process change its groups: the container has none of fsGroup and supplementalGroups";

/** What containerd and runc say before the reason. */
const START =
  "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process";
const EXEC =
  "failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process";

function refuse({ command }: ViewCommand, what: string, error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  throw new ContainerStartError(`${what}: exec: "${command[0] ?? ""}": ${code ?? message}`, { cause: error });
}

/** Refuses a program that is neither on the machine nor in the container's mounts, in runc's words. */
async function requireProgram(wanted: ViewCommand, views: Views, what: string): Promise<void> {
  const { command, env, mounts, expose = [], files = [] } = wanted;
  const [program = ""] = command;
  const isMounted = mounts.some(({ mountPath }) => program.startsWith(`${mountPath}/`));
  if (isMounted || (program.includes("/") && !isAbsolute(program))) return;
  const candidates = isAbsolute(program)
    ? [program]
    : (env.get("PATH") ?? DEFAULT_SEARCH).split(":").map((folder) => join(folder, program));
  const own = new Map(files.map(({ path, source }) => [placeOf(path), source]));
  for (const candidate of candidates) {
    if (own.has(placeOf(candidate))) return;
    if (files.some(({ path }) => candidate.startsWith(`${path}/`))) return;
    const isSeen = views.shows(candidate) || expose.includes(candidate);
    if (isSeen && (await stat(candidate).catch(() => undefined))?.isFile() === true) return;
  }
  const why = isAbsolute(program) ? `stat ${program}: no such file or directory` : "executable file not found in $PATH";
  throw new ContainerStartError(`${what}: exec: "${program}": ${why}`);
}

const DEFAULT_SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
