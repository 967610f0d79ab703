import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ImageFile } from "./program.ts";
import { type ContainerMount, ContainerStartError } from "./runtime.ts";

/** Folders of the system that views have, too. */
const SYSTEM = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "opt"] as const;

/** Whether every view has it because it belongs to the system. */
export function isOfSystem(path: string): boolean {
  return /^\/(usr|etc|opt|s?bin|lib(32|64|x32)?)(\/|$)/.test(path);
}

/**
 * A root of the container's own, made in mount and pid namespaces that end with it: system folders read-only, its own
 * /tmp, /var, /run and /dev/shm (64 MiB, as containerd gives it), its image's files, and its mounts; the root itself
 * read-only when it is to be. A system folder that a mount or a file lies in gets a writable layer of its own, so that
 * its place can be made. Where a mount passes mounts on, everything but the node's shared folder is made
 * private first; such a mount is seen at the node's own path, too, for a kubelet that speaks of targets there.
 * Arguments: root, `ro` or `rw`, the shared folder or nothing, names of layered folders; number of the image's files,
 * then source and path; number of mounts, then source, path, `ro` or `rw`, and how it passes mounts on; working
 * directory; the command.
 */
export const MAKE_VIEW = `
set -e
root=$1; access=$2; shared=$3; shift 3
if [ -n "$shared" ]; then
  while read -r _ _ _ _ quoted _; do
    at=$(printf '%b' "$quoted")
    case "$at/" in "$shared"/*) continue ;; esac
    # Others of this machine unmount what is theirs meanwhile.
    why=$(mount --make-private "$at" 2>&1) ||
      if grep -qF -- " $quoted " /proc/self/mountinfo; then echo "$why" >&2; exit 1; fi
  done < /proc/self/mountinfo
fi
mount -t tmpfs -o mode=755 none "$root"
mount --make-private "$root"
layered=$1; shift
for name in bin sbin lib lib32 lib64 libx32 usr etc opt; do
  if [ -L "/$name" ]; then cp -P "/$name" "$root/$name"; continue; fi
  [ -d "/$name" ] || continue
  mkdir "$root/$name"
  case "$layered" in *" $name "*)
    mkdir -p "$root/.layers/$name/own" "$root/.layers/$name/work"
    mount -t overlay none -o "lowerdir=/$name,upperdir=$root/.layers/$name/own,workdir=$root/.layers/$name/work" "$root/$name"
    continue ;;
  esac
  mount --bind "/$name" "$root/$name"; mount -o remount,bind,ro "$root/$name"
done
mkdir "$root/proc" "$root/dev" "$root/sys" "$root/tmp" "$root/var" "$root/var/tmp" "$root/run" "$root/root" "$root/home" "$root/mnt" "$root/srv"
chmod 1777 "$root/tmp" "$root/var/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rprivate "$root/dev"
if [ -d "$root/dev/shm" ]; then
  umount -l "$root/dev/shm" 2>/dev/null || :
  mount -t tmpfs -o mode=1777,size=64m none "$root/dev/shm"
fi
place() {
  [ ! -L "$2" ] || rm -f "$2"
  if [ -d "$1" ]; then mkdir -p "$2"; else mkdir -p "$(dirname "$2")"; [ -e "$2" ] || : > "$2"; fi
}
files=$1; shift
while [ "$files" -gt 0 ]; do
  place "$1" "$root$2"
  mount --bind "$1" "$root$2"; mount -o remount,bind,ro "$root$2"
  shift 2; files=$((files - 1))
done
mounts=$1; shift
while [ "$mounts" -gt 0 ]; do
  place "$1" "$root$2"
  if [ "$4" = private ]; then mount --bind "$1" "$root$2"
  else
    for at in "$root$2" "$root$1"; do
      mkdir -p "$at"; mount --rbind "$1" "$at"
      [ "$4" = shared ] || mount --make-rslave "$at"
    done
  fi
  [ "$3" = rw ] || mount -o remount,bind,ro "$root$2"
  shift 4; mounts=$((mounts - 1))
done
if [ "$access" = ro ]; then
  for name in $layered; do mount -o remount,bind,ro "$root/$name"; done
  mount -o remount,bind,ro "$root"
fi
folder=$1; shift
exec chroot "$root" /bin/sh -c 'echo made >&3; exec 3>&-; cd "$0" && exec "$@"' "$folder" "$@"
`;

/** Whether a mount can lie there as it is; a link would lead it astray. */
function hasPlaceFor(path: string): boolean {
  try {
    return realpathSync(path) === path;
  } catch {
    return false;
  }
}

/** A path with the links of the system's own top folders followed: `/bin/sh` is `/usr/bin/sh` where `/bin` is a link. */
export function placeOf(path: string): string {
  if (!isOfSystem(path)) return path;
  const parent = dirname(path);
  if (parent === "/") return path;
  try {
    return join(realpathSync(parent), basename(path));
  } catch {
    return join(placeOf(parent), basename(path));
  }
}

export type ViewParts = {
  /** Mount point of the root. */
  readonly root: string;
  readonly readOnlyRoot: boolean;
  /** Folder of the node whose mounts are shared, if any is. */
  readonly shared: string | undefined;
  readonly files: readonly ImageFile[];
  readonly mounts: readonly ContainerMount[];
  readonly workingDir: string;
  readonly command: readonly string[];
};

/**
 * The arguments of {@link MAKE_VIEW}.
 * @throws ContainerStartError when a mount is to be passed on that lies where the node shares nothing
 */
export function viewArguments(parts: ViewParts): string[] {
  const { root, readOnlyRoot, shared, mounts, workingDir, command } = parts;
  const places = mounts
    .map((mount) => ({ ...mount, mountPath: placeOf(mount.mountPath) }))
    .toSorted((a, b) => a.mountPath.length - b.mountPath.length);
  const files = parts.files.map(({ path, source }) => ({ source, path: placeOf(path) }));
  const wanted = [...places.map(({ mountPath }) => mountPath), ...files.map(({ path }) => path)];
  const layered = SYSTEM.filter((name) => wanted.some((path) => path.startsWith(`/${name}/`) && !hasPlaceFor(path)));
  const passing = places.filter(({ propagation }) => propagation !== undefined);
  for (const { source, propagation } of passing)
    if (shared === undefined || !`${source}/`.startsWith(`${shared}/`))
      throw new ContainerStartError(`path "${source}" is mounted on "/" but it is not a ${propagation} mount`);
  return [
    root,
    readOnlyRoot ? "ro" : "rw",
    passing.length > 0 ? (shared ?? "") : "",
    ` ${layered.join(" ")} `,
    String(files.length),
    ...files.flatMap(({ source, path }) => [source, path]),
    String(places.length),
    ...places.flatMap(({ source, mountPath, readOnly, propagation = "private" }) => [
      source,
      mountPath,
      readOnly ? "ro" : "rw",
      propagation,
    ]),
    workingDir,
    ...command,
  ];
}
