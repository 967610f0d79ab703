import { closeSync } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { MountproofError } from "../../../core/index.ts";

const AT_FDCWD = -100;
const SYS_OPEN_TREE = { x64: 428, arm64: 428 } as const;
const OPEN_TREE_CLONE = 1;
const O_CLOEXEC = 0o2000000;
const MS_RDONLY = 1;
const MS_BIND = 4096;
const MS_REMOUNT = 32;
const MS_SHARED = 1 << 20;
const MNT_DETACH = 2;

/**
 * Where a driver that may not mount(2) says that a target is mounted: a file beside the target, named after it.
 * Both sides of the simulation know it; a real driver never writes it.
 */
export function plainMountMarker(target: string): string {
  return join(dirname(target), `.${target.slice(target.lastIndexOf(sep) + 1)}.mounted`);
}

/** What kubelet and its containers do with the mount table. */
export interface Mounts {
  /** False: mount(2) is refused here, and views of containers are plain paths. */
  readonly isReal: boolean;
  isMountPoint(path: string): Promise<boolean>;
  /**
   * A private copy of the mount at `path`, as a container gets one when it starts: it stays whole when the original
   * is unmounted and keeps nobody from unmounting. Undefined where the system cannot do it.
   */
  clone(path: string): MountClone | undefined;
  bind(source: string, target: string, options?: { readonly readOnly?: boolean }): void;
  unmount(path: string, options?: { readonly detach?: boolean }): void;
  /** Makes a folder a mount whose mounts all namespaces that hold it share, as a node's are. */
  share(folder: string): void;
  /** Mount points below `root`, deepest first. */
  below(root: string): Promise<string[]>;
}

/** A mount that nobody else sees; `path` leads into it for as long as it is held. */
export type MountClone = Disposable & { readonly path: string };

type Native = {
  mount(source: string, target: string, type: string | null, flags: number, data: string | null): number;
  umount2(target: string, flags: number): number;
  openTree(path: string): number;
  errno(): number;
};

/** @returns undefined when the native calls cannot be loaded on this platform */
async function loadNative(): Promise<Native | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    const { default: koffi } = await import("koffi");
    const libc = koffi.load(null);
    const mount = libc.func(
      "int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)",
    );
    const umount2 = libc.func("int umount2(const char *target, int flags)");
    const syscall = libc.func("long syscall(long number, int folder, const char *path, unsigned int flags)");
    const openTree = SYS_OPEN_TREE[process.arch as keyof typeof SYS_OPEN_TREE];
    return {
      mount: (...args) => mount(...args) as number,
      umount2: (...args) => umount2(...args) as number,
      openTree: (path) =>
        openTree === undefined ? -1 : Number(syscall(openTree, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC)),
      errno: () => koffi.errno(),
    };
  } catch {
    return undefined;
  }
}

/** Looks once whether this process may mount, by trying. */
export async function openMounts(): Promise<Mounts> {
  const native = await loadNative();
  if (native === undefined) return plainMounts();
  const probe = native.openTree("/");
  if (probe < 0) return plainMounts();
  closeSync(probe);
  return realMounts(native);
}

function realMounts(native: Native): Mounts {
  const check = (result: number, what: string, path: string): void => {
    if (result === 0) return;
    throw new MountproofError("mount_failed", {
      message: `${what} "${path}" failed with errno ${native.errno()}`,
      culprit: { path },
    });
  };
  return {
    isReal: true,
    isMountPoint,
    clone: (path) => {
      const fd = native.openTree(path);
      if (fd < 0) return undefined;
      let isOpen = true;
      return {
        path: `/proc/self/fd/${fd}`,
        [Symbol.dispose]: () => {
          if (isOpen) closeSync(fd);
          isOpen = false;
        },
      };
    },
    bind: (source, target, options = {}) => {
      check(native.mount(source, target, null, MS_BIND, null), "binding", target);
      if (options.readOnly === true)
        check(native.mount("none", target, null, MS_BIND | MS_REMOUNT | MS_RDONLY, null), "remounting", target);
    },
    share: (folder) => {
      check(native.mount(folder, folder, null, MS_BIND, null), "binding", folder);
      check(native.mount("none", folder, null, MS_SHARED, null), "sharing", folder);
    },
    unmount: (path, options = {}) =>
      check(native.umount2(path, options.detach === true ? MNT_DETACH : 0), "unmounting", path),
    below: mountsBelow,
  };
}

/** Views are paths, nothing is mounted; what the driver marks counts as mounted. */
export function plainMounts(): Mounts {
  return {
    isReal: false,
    isMountPoint,
    clone: () => undefined,
    bind: (_source, target) => {
      throw new MountproofError("mount_failed", { message: `"${target}" cannot be bound: mount(2) is refused here` });
    },
    unmount: () => {},
    share: () => {},
    below: mountsBelow,
  };
}

/**
 * As kubelet's IsLikelyNotMountPoint looks: another device than the parent's. A symlink or file is none.
 * @throws ENOENT when nothing is there
 */
async function isMountPoint(path: string): Promise<boolean> {
  const [self, parent] = await Promise.all([lstat(path), lstat(dirname(path))]);
  if (!self.isDirectory()) return false;
  if (self.dev !== parent.dev) return true;
  return await exists(plainMountMarker(path));
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

async function mountsBelow(root: string): Promise<string[]> {
  const table = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return table
    .split("\n")
    .map((line) =>
      (line.split(" ")[4] ?? "").replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
    )
    .filter((point) => point.startsWith(`${root}/`))
    .reverse();
}
