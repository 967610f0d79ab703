import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { MountproofError } from "../../core/index.ts";
import { goErrorText } from "../text/go-error.ts";
import { inspectTarget } from "./inspect.ts";
import type { Mounter } from "./mounter.ts";

/** Beside the target and named after it: a simulated kubelet on the same machine takes it for a mount, too. */
export function markerOf(target: string): string {
  return join(dirname(target), `.${basename(target)}.mounted`);
}

/** Directories on disk where mount(2) is refused; what is on them goes when they are "unmounted". */
export function plainMounter(): Mounter {
  return {
    kind: "plain",
    inspect: (target) => inspectTarget(target, (path) => existsSync(markerOf(path))),
    mount: (target) => {
      try {
        readdirSync(target);
        writeFileSync(markerOf(target), "");
      } catch (error) {
        throw new MountproofError("mount_failed", {
          message: `"${target}" cannot be marked as mounted: ${goErrorText(error)}`,
          culprit: { path: target },
          cause: error,
        });
      }
    },
    unmount: (target) => {
      if (!existsSync(markerOf(target))) return;
      for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true, force: true });
      rmSync(markerOf(target), { force: true });
    },
  };
}
