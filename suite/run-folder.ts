import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MountproofError, messageOf, type Scope } from "../core/index.ts";
import { Lifeline } from "./lifeline.ts";

const PREFIX = "mountproof-";
const OWNER = "owner.json";

export type RunFolder = { readonly path: string; readonly lifeline: Lifeline };

/**
 * The one folder a run writes to, removed at its end. A run that was killed is cleaned up by its
 * {@link Lifeline}; what even that could not do, the next start does.
 */
export async function createRunFolder(scope: Scope, parent: string = tmpdir()): Promise<RunFolder> {
  return await createOwnedFolder(scope, parent, PREFIX).catch((cause: unknown) => {
    throw new MountproofError("environment", {
      message: `no folder for the run can be made in "${parent}": ${messageOf(cause)}`,
      hint: "set TMPDIR to a folder you may write to",
      cause,
    });
  });
}

/**
 * A folder that goes with `scope`, and with this process however it ends; what killed processes left under the same
 * prefix goes now.
 * @throws the system's error when `parent` cannot be written
 */
export async function createOwnedFolder(scope: Scope, parent: string, prefix: string): Promise<RunFolder> {
  await sweep(parent, prefix);
  const path = await mkdtemp(join(parent, prefix));
  const lifeline = new Lifeline(path);
  scope.defer("run folder", async () => {
    // A case cut short may have left a mount, which keeps its folder busy: the lifeline ends that by force.
    const isGone = await rm(path, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
    if (isGone) lifeline[Symbol.dispose]();
    else await lifeline.cleanUp();
  });
  await writeFile(join(path, OWNER), JSON.stringify({ pid: process.pid, started: await startOf(process.pid) }));
  return { path, lifeline };
}

/** Removes the folders of runs whose process is gone. A folder that resists is left for another day. */
async function sweep(parent: string, prefix: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(prefix))) {
    const folder = join(parent, name);
    const owner = await readFile(join(folder, OWNER), "utf8").then(parseOwner, () => undefined);
    if (owner === undefined || (await startOf(owner.pid)) === owner.started) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function parseOwner(text: string): { pid: number; started: string } | undefined {
  try {
    const { pid, started } = JSON.parse(text) as { pid?: unknown; started?: unknown };
    return typeof pid === "number" && typeof started === "string" ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

/** When a process began, in the kernel's ticks: a pid alone may have been given to another since. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name in brackets may hold blanks; field 22 is the 20th after it (proc_pid_stat(5)).
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
