import { fork } from "node:child_process";
import { join } from "node:path";
import type { Layout } from "../../layout.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** A worker, as the pool sees it. */
export type RunningWorker = {
  send(message: ToWorker): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** Resolves when its process is gone, with what it ended by: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** Ends it by force; its own lifeline cleans up. */
  kill(): void;
};

/** Most of what a case makes is young when it is thrown away: room for it spares collecting it. */
const MORE_ROOM = ["--max-semi-space-size=64"];

export function startWorker(layout: Layout): RunningWorker {
  const child = fork(join(layout.code, "suite", "runner", "workers", `main${layout.extension}`), [], {
    execArgv: [...process.execArgv, ...MORE_ROOM],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once("error", (error) => resolve(error.message));
  });
  return {
    // A worker that is gone hears nothing; its end is told by `ended`.
    send: (message) => void (child.connected && child.send(message, () => {})),
    onMessage: (listener) => void child.on("message", listener),
    ended,
    kill: () => void child.kill("SIGKILL"),
  };
}
