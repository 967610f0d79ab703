import { chmod, chown, lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

export type Ownership = {
  readonly group: number;
  readonly isReadOnly: boolean;
  readonly policy: "Always" | "OnRootMismatch";
};

const SETGID = 0o2000;

/**
 * Gives a volume to the pod's group (spec kubelet-csi §10): group changed throughout, files readable (and writable) by
 * it, folders also passable and setgid; links are given but not opened up.
 */
export async function giveToGroup(folder: string, ownership: Ownership): Promise<void> {
  if (ownership.policy === "OnRootMismatch" && (await fits(folder, ownership))) return;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  await give(folder, ownership, "folder");
  for (const entry of entries) {
    const kind = entry.isSymbolicLink() ? "link" : entry.isDirectory() ? "folder" : "file";
    await give(join(entry.parentPath, entry.name), ownership, kind);
  }
}

async function give(path: string, { group, isReadOnly }: Ownership, kind: "folder" | "file" | "link"): Promise<void> {
  const stat = await lstat(path);
  if (kind === "link") {
    if (stat.gid !== group) await lchown(path, stat.uid, group);
    return;
  }
  const isForeign = stat.gid !== group;
  if (isForeign) await chown(path, stat.uid, group);
  const wanted = (stat.mode & 0o7777) | maskOf(isReadOnly, kind === "folder");
  // A changed owner clears setgid, so the mode is set even where it was right before.
  if (isForeign || wanted !== (stat.mode & 0o7777)) await chmod(path, wanted);
}

function maskOf(isReadOnly: boolean, isFolder: boolean): number {
  return (isReadOnly ? 0o440 : 0o660) | (isFolder ? 0o110 | SETGID : 0);
}

async function fits(folder: string, { group, isReadOnly }: Ownership): Promise<boolean> {
  const stat = await lstat(folder);
  const mask = maskOf(isReadOnly, true);
  return stat.gid === group && (stat.mode & mask) === mask;
}
