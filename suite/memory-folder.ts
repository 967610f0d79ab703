import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const MEMORY = "/dev/shm";
/** What a run of all cases needs at once is a tenth of this; a container's usual 64 MiB would do for none of size. */
const ENOUGH_BYTES = 256 * 2 ** 20;

/**
 * Where a run of cases keeps its folders: in memory where the system offers that, for each case makes and removes some
 * hundred small files, and a disk's journal took a sixth of the run. TMPDIR, once set, is obeyed.
 *
 * @returns an absolute path: TMPDIR, or /dev/shm if it is a tmpfs that may be written to, holds 256 MiB more and lets
 *   programs in it run, else the system's folder for temporary files
 */
export function briefFolder({
  env = process.env,
  mounts = systemMounts,
  memory = MEMORY,
}: {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly mounts?: () => string;
  readonly memory?: string;
} = {}): string {
  return env["TMPDIR"] === undefined && isFit(memory, mounts()) ? memory : tmpdir();
}

function isFit(folder: string, mounts: string): boolean {
  // The last mount at a place hides those before it (proc_pid_mounts(5): device, place, type, options).
  const [, , type, options = ""] =
    mounts
      .split("\n")
      .map((line) => line.split(" "))
      .findLast(([, at]) => at === folder) ?? [];
  const given = new Set(options.split(","));
  return type === "tmpfs" && !given.has("ro") && !given.has("noexec") && hasRoom(folder);
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}

function systemMounts(): string {
  try {
    return readFileSync("/proc/self/mounts", "utf8");
  } catch {
    return "";
  }
}
