import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { isErrnoError } from "../text/go-error.ts";
import { type CurrentEntry, type CurrentPayload, DATA_DIRECTORY, DATA_LINK, NEW_DATA_LINK } from "./plan.ts";

/**
 * Reads what stands in the volume, whole: a write compares contents. Synchronous, for tmpfs answers at once.
 * @param trustsLinks false: a link counts as the writer's only when it leads where the writer's would. Others may
 * write into a volume, and a link of theirs may lead anywhere on the host
 */
export function readPayload(target: string, trustsLinks: boolean): CurrentPayload {
  const top = new Map<string, "link" | "other">();
  for (const entry of readdirSync(target, { withFileTypes: true })) {
    const isLink = entry.isSymbolicLink() && (trustsLinks || isOwnLink(target, entry.name));
    top.set(entry.name, isLink ? "link" : "other");
  }
  const dataDirectory = top.get(DATA_LINK) === "link" ? readlinkSync(join(target, DATA_LINK)) : undefined;
  const entries = new Map<string, CurrentEntry>();
  if (dataDirectory !== undefined) walk(join(target, dataDirectory), "", entries);
  return { dataDirectory, entries, top, dangling: danglingOf(target, top, entries) };
}

function danglingOf(target: string, top: CurrentPayload["top"], entries: CurrentPayload["entries"]): readonly string[] {
  return [...top]
    .filter(([name, kind]) => kind === "link" && name !== DATA_LINK && !entries.has(name))
    .map(([name]) => name)
    .filter((name) => readlinkSync(join(target, name)) === `${DATA_LINK}/${name}`);
}

function isOwnLink(target: string, name: string): boolean {
  const to = readlinkSync(join(target, name));
  return name === DATA_LINK || name === NEW_DATA_LINK ? DATA_DIRECTORY.test(to) : to === `${DATA_LINK}/${name}`;
}

/** True when the volume holds a finished payload: the link to it is made last. */
export function isComplete(target: string, names: readonly string[]): boolean {
  if (names.includes(DATA_LINK)) return true;
  // No link: a provider may have written the files itself. What a writer left half done are links and "..".
  return names.some((name) => !name.startsWith("..") && !lstatSync(join(target, name)).isSymbolicLink());
}

function walk(folder: string, prefix: string, entries: Map<string, CurrentEntry>): void {
  for (const entry of listed(folder)) {
    const path = `${prefix}${entry.name}`;
    const full = join(folder, entry.name);
    if (entry.isDirectory()) {
      entries.set(path, { kind: "directory" });
      walk(full, `${path}/`, entries);
    } else entries.set(path, { kind: "file", mode: lstatSync(full).mode & 0o7777, contents: contentsOf(full) });
  }
}

/** The data directory may be gone though the link is there: then there is nothing to compare with. */
function listed(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isErrnoError(error) && error.code === "ENOENT") return [];
    throw error;
  }
}

function contentsOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrnoError(error) && error.code === "EACCES") return undefined;
    throw error;
  }
}
