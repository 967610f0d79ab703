import { MountproofError } from "../../core/index.ts";
import type { Rules } from "../behaviour.ts";

/** The link that makes an update atomic: it names the directory of the current data. */
export const DATA_LINK = "..data";
/** The new link, before it is renamed over {@link DATA_LINK}. */
export const NEW_DATA_LINK = "..data_tmp";
/** `..2026_01_02_15_04_05.123456789`: how the writer names its data directories (UTC). */
export const DATA_DIRECTORY = /^\.\.\d{4}_\d{2}_\d{2}_\d{2}_\d{2}_\d{2}\.\d+$/;

export type PayloadFile = { readonly mode: number; readonly contents: Uint8Array };
/** Relative path to file; of two files with one path the later one counts. */
export type Payload = ReadonlyMap<string, PayloadFile>;

/** A path below the current data directory. Directories are listed too. */
export type CurrentEntry =
  | { readonly kind: "directory" }
  /** Contents are undefined for a file that this process may not read. */
  | { readonly kind: "file"; readonly mode: number; readonly contents: Uint8Array | undefined };

/** What stands in the volume before a write. */
export type CurrentPayload = {
  /** Where {@link DATA_LINK} points; undefined when there is none. */
  readonly dataDirectory: string | undefined;
  /** Everything below the data directory, by relative path. */
  readonly entries: ReadonlyMap<string, CurrentEntry>;
  /** Names at the top of the volume, links among them marked. */
  readonly top: ReadonlyMap<string, "link" | "other">;
  /** Links of the writer's at the top that lead nowhere any more. */
  readonly dangling: readonly string[];
};

export type WritePlan = {
  /** Names at the top that stand in the way: plain files and directories a provider wrote itself. */
  readonly shadowing: readonly string[];
  /** The files to write into a new data directory; undefined when the current one already says the same. */
  readonly files: Payload | undefined;
  /** `name -> ..data/name` that are missing. */
  readonly newLinks: readonly string[];
  /** Links at the top whose name is no longer in the payload. */
  readonly staleLinks: readonly string[];
  /** Left behind by a writer that died: removed before anything is written. */
  readonly leftovers: readonly string[];
};

/** The first element of a path: what a container sees at the top of the volume. */
export function topOf(path: string): string {
  const end = path.indexOf("/");
  return end < 0 ? path : path.slice(0, end);
}

/**
 * Decides what a write has to do. Pure: reads nothing, touches nothing.
 * @throws MountproofError `payload_write_failed` where upstream cannot get past what is there (B7, B8)
 */
export function planPayload(payload: Payload, current: CurrentPayload, rules: Rules): WritePlan {
  const names = new Set([...payload.keys()].map(topOf));
  // B6: "." is the volume's own directory, which always stands there.
  const shadowing = [...names].filter((name) => name === "." || current.top.get(name) === "other");
  const staleNames = new Set(
    [...current.entries]
      .filter(([path, { kind }]) => kind === "file" && !payload.has(path))
      .map(([path]) => topOf(path)),
  );
  const staleLinks = [...staleNames, ...(rules.has("dangling-links") ? [] : current.dangling)].filter(
    (name) => !names.has(name) && current.top.get(name) === "link",
  );
  const isChanged = differs(payload, current, rules) || staleNames.size > 0;
  const linkable = [...names].filter((name) => current.top.get(name) !== "link");
  return {
    shadowing,
    files: isChanged || current.dataDirectory === undefined ? payload : undefined,
    newLinks: linkable,
    staleLinks,
    leftovers: rules.has("B8") ? [] : leftoversOf(current),
  };
}

function differs(payload: Payload, current: CurrentPayload, rules: Rules): boolean {
  for (const [path, file] of payload) {
    const before = current.entries.get(path);
    if (rules.has("B7")) refuseKindChange(path, current);
    if (before?.kind !== "file" || !isEqual(before.contents, file.contents)) return true;
    if (!rules.has("B10") && before.mode !== file.mode) return true;
  }
  return false;
}

/** Upstream opens the file that it compares with, and gives up when something else stands there. */
function refuseKindChange(path: string, current: CurrentPayload): void {
  const where = `${current.dataDirectory}/${path}`;
  if (current.entries.get(path)?.kind === "directory") throw writeFailed(`read ${where}: is a directory`);
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
    if (current.entries.get(path.slice(0, end))?.kind === "file") throw writeFailed(`open ${where}: not a directory`);
}

/** A pending link, and data directories that nothing points to. */
function leftoversOf({ top, dataDirectory }: CurrentPayload): string[] {
  return [...top.keys()].filter(
    (name) =>
      name === NEW_DATA_LINK ||
      (name === DATA_LINK && top.get(name) === "other") ||
      (DATA_DIRECTORY.test(name) && name !== dataDirectory),
  );
}

function isEqual(before: Uint8Array | undefined, after: Uint8Array): boolean {
  return before !== undefined && before.length === after.length && Buffer.compare(before, after) === 0;
}

export function writeFailed(message: string, cause?: unknown): MountproofError {
  return new MountproofError("payload_write_failed", { message, cause });
}
