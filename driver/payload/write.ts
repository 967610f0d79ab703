import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Clock, Random } from "../../core/index.ts";
import type { Rules } from "../behaviour.ts";
import { Killed } from "../steps.ts";
import { goErrorText, isErrnoError } from "../text/go-error.ts";
import { DATA_LINK, NEW_DATA_LINK, type Payload, type WritePlan, writeFailed } from "./plan.ts";

export type WriteContext = {
  readonly clock: Clock;
  readonly random: Random;
  readonly rules: Rules;
  /** Told what comes next, between any two moves. */
  readonly onMove?: (move: string) => void;
};

/**
 * Carries a plan out so that a reader that opened `..data` sees one version whole: new directory, files, links,
 * then one rename. A failure before the rename leaves the old version in place.
 * @param before name of the current data directory, removed at the end
 * @throws MountproofError `payload_write_failed` with the file system's words
 */
export function writePayload(target: string, plan: WritePlan, before: string | undefined, context: WriteContext): void {
  try {
    for (const name of plan.shadowing) clear(target, name);
    for (const name of plan.leftovers) rmSync(join(target, name), { recursive: true, force: true });
    if (plan.files !== undefined) replaceData(target, plan, plan.files, context);
    else link(target, plan.newLinks, context);
    for (const name of plan.staleLinks) {
      context.onMove?.("a link that is not needed any more goes");
      unlinkSync(join(target, name));
    }
    if (plan.files === undefined || before === undefined) return;
    context.onMove?.("the old data go");
    rmSync(join(target, before), { recursive: true, force: true });
  } catch (error) {
    if (isErrnoError(error)) throw writeFailed(goErrorText(error), error);
    throw error;
  }
}

function replaceData(target: string, plan: WritePlan, files: Payload, context: WriteContext): void {
  const name = dataDirectoryName(context);
  const folder = join(target, name);
  context.onMove?.("a new data directory");
  mkdirSync(folder, 0o700);
  chmodSync(folder, 0o755); // whatever the umask
  try {
    writeFiles(folder, files, context);
  } catch (error) {
    if (!context.rules.has("B9") && !(error instanceof Killed)) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  try {
    link(target, plan.newLinks, context);
    context.onMove?.("the new link to the data");
    symlinkSync(name, join(target, NEW_DATA_LINK));
    context.onMove?.("the switch");
  } catch (error) {
    if (!(error instanceof Killed)) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  renameSync(join(target, NEW_DATA_LINK), join(target, DATA_LINK));
}

function writeFiles(folder: string, files: Payload, { onMove }: WriteContext): void {
  const made = new Set([folder]);
  for (const [path, { mode, contents }] of files) {
    const full = join(folder, path);
    const parent = dirname(full);
    onMove?.("a file");
    if (!made.has(parent)) {
      if (statSync(parent, { throwIfNoEntry: false })?.isFile() === true)
        throw writeFailed(`mkdir ${parent}/: file exists`);
      mkdirSync(parent, { recursive: true }); // 0777 less the umask
      made.add(parent);
    }
    writeFileSync(full, contents, { mode: mode & 0o777 });
    chmodSync(full, mode);
  }
}

function link(target: string, names: readonly string[], { onMove }: WriteContext): void {
  for (const name of names) {
    onMove?.("a link");
    symlinkSync(`${DATA_LINK}/${name}`, join(target, name));
  }
}

/** Removes what a provider wrote under a name that a link is to have. */
function clear(target: string, name: string): void {
  if (name === ".") wipe(target);
  else rmSync(join(target, name), { recursive: true, force: true });
}

/** B6: the name of the directory itself. Its entries go, and it, being a mount, does not. */
function wipe(target: string): never {
  for (const entry of readdirSync(target)) rmSync(join(target, entry), { recursive: true, force: true });
  throw writeFailed(`cleanup failure: unlinkat ${target}: device or resource busy`);
}

function dataDirectoryName({ clock, random }: WriteContext): string {
  const [date = "", time = ""] = new Date(clock.now()).toISOString().slice(0, 19).split("T");
  return `..${date.replaceAll("-", "_")}_${time.replaceAll(":", "_")}.${random.integer(0, 4_294_967_295)}`;
}
