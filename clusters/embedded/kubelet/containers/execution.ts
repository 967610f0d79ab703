import type { Readable, Writable } from "node:stream";
import type { Terminal } from "./terminal.ts";

/** A program executed in a running container. */
export type Execution = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Exit code; 137 when it was killed. */
  readonly exited: Promise<number>;
  /** Of its terminal, where it has one. */
  readonly terminal: Terminal | undefined;
  kill(): void;
};
