import { readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { goErrorText } from "../text/go-error.ts";
import type { TargetState } from "./mounter.ts";

/**
 * Looks at a target as kubelet's mount library does: what lies on another device than its parent is a mount.
 * @param isMarked says that a directory counts as mounted although it is not
 */
export function inspectTarget(target: string, isMarked: (target: string) => boolean): TargetState {
  let own: { readonly dev: number; readonly mtimeMs: number } | undefined;
  let parent: { readonly dev: number } | undefined;
  try {
    own = statSync(target, { throwIfNoEntry: false });
    if (own === undefined) return { kind: "absent" };
    parent = statSync(dirname(target));
  } catch (error) {
    return { kind: "dead", error: goErrorText(error) };
  }
  const { mtimeMs } = own;
  if (own.dev === parent.dev && !isMarked(target)) return { kind: "unmounted", mtimeMs };
  try {
    return { kind: "mounted", mtimeMs, names: readdirSync(target) };
  } catch (error) {
    return { kind: "unreadable", mtimeMs, error: goErrorText(error) };
  }
}
