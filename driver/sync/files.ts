import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { DATA_LINK, type Payload } from "../payload/index.ts";

export type MountedFile = {
  /** Where it stands on the host; for messages. */
  readonly path: string;
  read(): Uint8Array;
};

/** Relative path, as `objectName` has it, to file. */
export type MountedFiles = ReadonlyMap<string, MountedFile>;

/** What a provider just answered and the volume now holds. */
export function filesOfPayload(target: string, payload: Payload): MountedFiles {
  const files = new Map<string, MountedFile>();
  for (const [path, { contents }] of payload)
    files.set(path, { path: join(target, DATA_LINK, path), read: () => contents });
  return files;
}

/**
 * Every file of a volume as its containers see it: names that begin with ".." are the writer's own, links at the top
 * are followed once, and no further, so that what a provider planted inside cannot lead out.
 * @throws the file system's error when there is no such volume
 */
export function mountedFiles(target: string): MountedFiles {
  const files = new Map<string, MountedFile>();
  const walk = (folder: string, prefix: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path, `${prefix}${entry.name}/`);
      else if (entry.isFile()) files.set(`${prefix}${entry.name}`, { path, read: () => readFileSync(path) });
    }
  };
  for (const entry of readdirSync(target, { withFileTypes: true })) {
    if (entry.name.startsWith("..")) continue;
    const path = entry.isSymbolicLink() ? followed(target, entry.name) : join(target, entry.name);
    const stats = path === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
    if (path === undefined || stats === undefined) continue;
    if (stats.isDirectory()) walk(path, `${entry.name}/`);
    else if (stats.isFile()) files.set(entry.name, { path, read: () => readFileSync(path) });
  }
  return files;
}

/** Where a link at the top leads: into the current data directory, or it is none of the writer's. */
function followed(target: string, name: string): string | undefined {
  const to = readlinkSync(join(target, name));
  return isAbsolute(to) || to.split("/").includes("..") ? undefined : join(target, to);
}
