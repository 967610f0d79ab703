import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { plainMountMarker } from "../mounts.ts";

/** How a recorded driver mounts: on what was there, which is hidden until it is unmounted. */
export interface TargetMounts {
  isMounted(target: string): Promise<boolean>;
  /** @param target a directory that is not mounted */
  mount(target: string): Promise<void>;
  unmount(target: string): Promise<void>;
}

/** Marks a folder instead, so that a replay runs everywhere. @param aside where what a mount would hide is kept */
export function markedMounts(aside: string): TargetMounts {
  const coveredBy = (target: string): string => join(aside, target.replaceAll("/", "~"));
  const move = async (from: string, to: string): Promise<void> => {
    for (const name of await readdir(from).catch(() => [])) {
      await mkdir(to, { recursive: true });
      await rename(join(from, name), join(to, name));
    }
  };
  return {
    isMounted: async (target) => existsSync(plainMountMarker(target)),
    mount: async (target) => {
      await move(target, coveredBy(target));
      await writeFile(plainMountMarker(target), "");
    },
    unmount: async (target) => {
      for (const name of await readdir(target).catch(() => []))
        await rm(join(target, name), { recursive: true, force: true });
      await unlink(plainMountMarker(target));
      await move(coveredBy(target), target);
    },
  };
}

const run = promisify(execFile);

/** A tmpfs, as drivers of secrets mount: on a node, where kubelet looks for it. */
export const tmpfsMounts: TargetMounts = {
  isMounted: async (target) =>
    (await readFile("/proc/self/mounts", "utf8")).split("\n").some((line) => line.split(" ")[1] === target),
  mount: async (target) => void (await run("mount", ["-t", "tmpfs", "tmpfs", target])),
  unmount: async (target) => void (await run("umount", [target])),
};
