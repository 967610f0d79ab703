import { open, readFile } from "node:fs/promises";
import { MountproofError, RealClock, seconds } from "../../core/index.ts";
import { ExitCode } from "../exit.ts";
import { firstStop } from "../signals.ts";
import { isAlive, StateFiles } from "./state.ts";

/** As long as a cluster may take to end; then it is killed, and its lifeline cleans up. */
const PATIENCE_MS = seconds(20);
const LOOK_MS = 50;

/** `mountproof down` */
export async function down(name: string): Promise<number> {
  const files = new StateFiles(name);
  const { pid } = await files.require();
  const clock = new RealClock();
  process.kill(pid, "SIGTERM");
  const end = clock.now() + PATIENCE_MS;
  while (isAlive(pid) && clock.now() < end) await clock.sleep(LOOK_MS);
  if (isAlive(pid)) {
    process.kill(pid, "SIGKILL");
    await files.forget();
    process.stdout.write(`cluster "${name}" did not end by itself and was killed\n`);
    return ExitCode.good;
  }
  process.stdout.write(`cluster "${name}" has ended\n`);
  return ExitCode.good;
}

/** `mountproof status` */
export async function status(name: string, asJson: boolean): Promise<number> {
  const state = await new StateFiles(name).read();
  if (asJson) {
    process.stdout.write(`${JSON.stringify(state ?? { running: false }, null, 2)}\n`);
    return state === undefined ? ExitCode.failed : ExitCode.good;
  }
  if (state === undefined) {
    process.stdout.write(`no cluster "${name}" runs here\n`);
    return ExitCode.failed;
  }
  const { server, kubeVersion, pid, startedAt, kubeconfig, nodes, driver, providers, stores } = state;
  const line = (label: string, value: string): string => `${`${label}:`.padEnd(12)}${value}\n`;
  process.stdout.write(
    [
      line("cluster", `"${name}", Kubernetes ${kubeVersion} at ${server}, process ${pid}, since ${startedAt}`),
      line("kubeconfig", kubeconfig),
      line("nodes", nodes.join(", ") || "none"),
      line("driver", driver),
      line("providers", providers.join(", ") || "none"),
      line("stores", stores.map((store) => `${store.name} (${store.url})`).join(", ") || "none"),
    ].join(""),
  );
  return ExitCode.good;
}

/** `mountproof logs` */
export async function logs(name: string, isFollowing: boolean): Promise<number> {
  const files = new StateFiles(name);
  const { log } = files;
  const text = await readFile(log, "utf8").catch((cause: unknown) => {
    throw new MountproofError("not_found", {
      message: `cluster "${name}" was never detached: it has no log`,
      hint: "what runs in the foreground speaks in its own terminal",
      cause,
    });
  });
  process.stdout.write(text);
  if (isFollowing) await follow(name, files, Buffer.byteLength(text));
  return ExitCode.good;
}

/** Prints what the log says from `position` on, until somebody stops it or the cluster has ended. */
async function follow(name: string, files: StateFiles, position: number): Promise<void> {
  const say = (words: string): void => void process.stderr.write(`${words}\n`);
  let isStopped = false;
  void firstStop().then(() => {
    isStopped = true;
  });
  const clock = new RealClock();
  await using file = await open(files.log);
  if ((await files.read()) !== undefined)
    say(`following the log of cluster "${name}": Ctrl-C ends this, and the cluster runs on`);
  for (let at = position; !isStopped; ) {
    // Asked first: what it said last is then in the log.
    const runs = (await files.read()) !== undefined;
    const { bytesRead, buffer } = await file.read({ position: at });
    process.stdout.write(buffer.subarray(0, bytesRead));
    at += bytesRead;
    if (bytesRead > 0) continue;
    if (!runs) return say(`cluster "${name}" does not run any more`);
    await clock.sleep(LOOK_MS);
  }
}

/** `mountproof env` */
export async function env(name: string): Promise<number> {
  const { environment } = await new StateFiles(name).require();
  for (const [variable, value] of Object.entries(environment))
    process.stdout.write(`export ${variable}='${value.replaceAll("'", "'\\''")}';\n`);
  return ExitCode.good;
}
