import { spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { MountproofError } from "../../core/index.ts";
import { ExitCode } from "../exit.ts";
import { firstStop } from "../signals.ts";
import type { UpFlags } from "./options.ts";
import { StateFiles } from "./state.ts";

/** `mountproof up --detach`: the same in a process of its own; returns when that is ready, or has failed. */
export async function detach({ name }: UpFlags): Promise<number> {
  const files = new StateFiles(name);
  // Before the log is opened, which empties it: it may be another's, who goes on writing it.
  await files.requireNone();
  await files.prepare();
  const log = await open(files.log, "w", 0o600);
  const own = process.argv.slice(2).filter((word) => word !== "--detach");
  const child = spawn(process.execPath, [process.argv[1] ?? "", ...own], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd, "ipc"],
    // The launcher has chosen this Node already.
    env: { ...process.env, MOUNTPROOF_NODE_CHOSEN: "1", MOUNTPROOF_DETACHED: "1" },
  });
  // It is no part of this terminal: whoever stops this while it starts means it, too.
  let isStopped = false;
  void firstStop().then(() => {
    isStopped = true;
    child.kill("SIGTERM");
  });
  const outcome = await new Promise<number | undefined>((resolve) => {
    child.once("message", () => resolve(undefined));
    child.once("exit", (code) => resolve(code ?? 1));
    child.once("error", () => resolve(ExitCode.environment));
  });
  await log.close();
  if (isStopped && outcome === ExitCode.good) return outcome;
  const said = await readFile(files.log, "utf8");
  if (outcome !== undefined) {
    process.stderr.write(said);
    if (outcome !== 0) return outcome;
    throw new MountproofError("internal", { message: "the cluster ended before it was ready" });
  }
  child.disconnect();
  child.unref();
  process.stdout.write(said);
  return ExitCode.good;
}
