import { chmod, lstat, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../../core/index.ts";
import type { ProviderBehaviour } from "../kit/index.ts";

export type FileToWrite = { readonly fileName: string; readonly mode: number; readonly contents: Uint8Array };

/**
 * Writes files into the mount, each under a name of its own first. `upstream` does one after the other, so that a
 * later one that fails leaves the earlier ones; `hardened` puts them in place once all of them are written.
 * @throws Error with Go's words of the file system
 */
export async function writeFiles(
  folder: string,
  files: readonly FileToWrite[],
  behaviour: ProviderBehaviour,
  random: Random,
): Promise<void> {
  const written: (readonly [string, string])[] = [];
  try {
    for (const file of files) {
      const temporary = await writeTemporary(folder, file, random);
      written.push([temporary, join(folder, file.fileName)]);
      if (behaviour === "upstream") await putInPlace(written.splice(0));
    }
    await putInPlace(written);
  } finally {
    for (const [temporary] of written) await rm(temporary, { force: true });
  }
}

async function putInPlace(written: readonly (readonly [string, string])[]): Promise<void> {
  for (const [temporary, path] of written) {
    try {
      const there = await lstat(path).catch(() => undefined);
      if (there?.isDirectory() === true) throw Object.assign(new Error(), { code: "EEXIST" });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw new Error(`rename ${temporary} ${path}: ${goErrno(error)}`);
    }
  }
}

async function writeTemporary(
  folder: string,
  { fileName, mode, contents }: FileToWrite,
  random: Random,
): Promise<string> {
  if (fileName.includes("/")) throw new Error(`createtemp ${fileName}: pattern contains path separator`);
  const drawn = String(random.integer(0, 2 ** 32 - 1));
  const star = fileName.lastIndexOf("*");
  const name = star < 0 ? `${fileName}${drawn}` : `${fileName.slice(0, star)}${drawn}${fileName.slice(star + 1)}`;
  // The folder's own words are kept: Go prints the path unclean.
  const path = `${folder}${folder.endsWith("/") ? "" : "/"}${name}`;
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(path, mode & 0o777);
    return path;
  } catch (error) {
    throw new Error(`open ${path}: ${goErrno(error)}`);
  }
}

const ERRNO: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EEXIST: "file exists",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
  ENOSPC: "no space left on device",
  ENAMETOOLONG: "file name too long",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  ERR_INVALID_ARG_VALUE: "invalid argument",
};

/** The text Go has for a failed system call. */
export function goErrno(error: unknown): string {
  const { code = "" } = error as { code?: string };
  return ERRNO[code] ?? (error instanceof Error ? error.message : String(error));
}
