import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MountproofError } from "../../core/index.ts";
import { errnoWords } from "../text/go-error.ts";
import { inspectTarget } from "./inspect.ts";
import type { Mounter } from "./mounter.ts";

const MNT_DETACH = 2;

/** mount(2) and umount2(2); each returns the name of the error, or undefined. */
export type MountCalls = {
  mount(target: string): string | undefined;
  unmount(target: string, detach: boolean): string | undefined;
};

/** tmpfs through mount(2), without options: mode 1777 and the kernel's own size limit, as the real driver mounts. */
export function tmpfsMounter(calls: MountCalls): Mounter {
  return {
    kind: "tmpfs",
    inspect: (target) => inspectTarget(target, () => false),
    mount: (target) => {
      const code = calls.mount(target);
      if (code !== undefined) throw failed(mountText(target, code), target);
    },
    unmount: (target, options = {}) => {
      const code = calls.unmount(target, options.detach === true);
      if (code !== undefined && code !== "EINVAL" && code !== "ENOENT") throw failed(unmountText(target, code), target);
    },
  };
}

/**
 * Loads mount(2) and tries it.
 * @returns a reason, as text, where it is refused
 */
export async function loadMountCalls(): Promise<MountCalls | string> {
  if (process.platform !== "linux") return `mount(2) is used on Linux only, this is ${process.platform}`;
  let calls: MountCalls;
  try {
    calls = await bindCalls();
  } catch (error) {
    return `the C library cannot be called: ${error instanceof Error ? error.message : String(error)}`;
  }
  const trial = mkdtempSync(join(tmpdir(), "mp-mount-"));
  try {
    const refusal = calls.mount(trial);
    if (refusal !== undefined) return `mount(2) was refused: ${errnoWords(refusal)}`;
    calls.unmount(trial, true);
    return calls;
  } finally {
    rmdirSync(trial);
  }
}

async function bindCalls(): Promise<MountCalls> {
  const { default: koffi } = await import("koffi"); // 15 ms and a native add-on: only who mounts pays
  const libc = koffi.load(null);
  const mount = libc.func(
    "int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)",
  );
  const umount2 = libc.func("int umount2(const char *target, int flags)");
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
  const outcome = (result: unknown): string | undefined =>
    result === 0 ? undefined : (names.get(koffi.errno()) ?? `errno ${koffi.errno()}`);
  return {
    mount: (target) => outcome(mount("tmpfs", target, "tmpfs", 0, null)),
    unmount: (target, detach) => outcome(umount2(target, detach ? MNT_DETACH : 0)),
  };
}

/** mount(8)'s explanations: the real driver runs that program and passes on what it says. */
const MOUNT_WORDS: Readonly<Record<string, string>> = {
  ENOTDIR: "mount point is not a directory",
  ENOENT: "mount point does not exist",
  EPERM: "permission denied",
  EACCES: "permission denied",
  EBUSY: "tmpfs already mounted or mount point busy",
};
const UNMOUNT_WORDS: Readonly<Record<string, string>> = {
  EBUSY: "target is busy",
  EPERM: "must be superuser to unmount",
};

function mountText(target: string, code: string): string {
  const words = MOUNT_WORDS[code] ?? `${errnoWords(code)}`;
  const advice = "       dmesg(1) may have more information after failed mount system call.\n";
  return `mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t tmpfs tmpfs ${target}\nOutput: mount: ${target}: ${words}.\n${advice}`;
}

function unmountText(target: string, code: string): string {
  const words = UNMOUNT_WORDS[code] ?? errnoWords(code);
  return `unmount failed: exit status 32\nUnmounting arguments: ${target}\nOutput: umount: ${target}: ${words}.\n`;
}

function failed(message: string, path: string): MountproofError {
  return new MountproofError("mount_failed", { message, culprit: { path } });
}
