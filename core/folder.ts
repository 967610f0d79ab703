import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it, as Node's recursive `mkdir` does; but that one never returns where nothing can be
 * made, below /proc for one, which a user's flag may name.
 * @throws the system's error of the folder that could not be made; its message names it
 */
export async function makeFolders(path: string, mode = 0o777): Promise<void> {
  const missing: string[] = [];
  let folder = resolve(path);
  for (; !(await exists(folder)); folder = dirname(folder)) missing.push(folder);
  // Also asked of what stands: it may be a file.
  for (const one of [...missing, folder].reverse()) await makeOne(one, mode);
}

async function makeOne(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    // Another may have made it since, or it is the root, which cannot be made and says so in other words.
    if (!(await isFolder(folder))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
