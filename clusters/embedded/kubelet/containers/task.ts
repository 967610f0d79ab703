import type { Writable } from "node:stream";
import type { LogStream } from "./log-file.ts";
import type { Terminal } from "./terminal.ts";

/** How a container's work ended. */
export type TaskEnd = { readonly code: number; readonly reason: string };

/**
 * What really runs in a container: a process of this machine, or a part of this project. Disposal kills it, and resolves when
 * nothing of it is left that could be in the way.
 */
export interface ContainerTask extends AsyncDisposable {
  /** Undefined for what is no process of its own. */
  readonly pid: number | undefined;
  readonly stdin: Writable | null;
  readonly terminal: Terminal | undefined;
  readonly exited: Promise<TaskEnd>;
  /** Hears what it says from now on. */
  onOutput(listen: (stream: LogStream, chunk: string) => void): Disposable;
  /** Tells it to end, and makes it after the grace period on the cluster's clock; resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
  kill(): void;
}
