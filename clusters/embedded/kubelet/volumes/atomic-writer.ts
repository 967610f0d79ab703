import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export type PayloadFile = { readonly content: Buffer; readonly mode: number };
/** Relative path → file. */
export type Payload = ReadonlyMap<string, PayloadFile>;

const DATA = "..data";

/**
 * Replaces the content of a volume at once: files in a new folder, `..data` turned to it by one rename, and a link per
 * top-level name that leads through `..data` (Kubernetes' AtomicWriter). Nothing is touched when nothing changed.
 */
export async function writePayload(folder: string, payload: Payload): Promise<void> {
  const current = linkedFrom(join(folder, DATA));
  if (current !== undefined && holds(join(folder, current), payload)) return;
  const fresh = await mkdtemp(join(folder, "..data_"));
  await chmod(fresh, 0o755);
  for (const [path, { content, mode }] of payload) {
    const file = join(fresh, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, content, { mode });
  }
  const turned = join(folder, "..data_tmp");
  await rm(turned, { force: true });
  await symlink(fresh.slice(folder.length + 1), turned);
  await rename(turned, join(folder, DATA));
  await relink(folder, new Set([...payload.keys()].map((path) => path.split("/")[0] ?? path)));
  if (current !== undefined) await rm(join(folder, current), { recursive: true, force: true });
}

function linkedFrom(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/**
 * Whether the folder holds the payload already, which it does each minute of each pod's life. Looked up at once: to hand
 * a few small files to other threads and wait for them costs ten times as much as to read them.
 */
function holds(folder: string, payload: Payload): boolean {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    if (entries.filter((entry) => entry.isFile()).length !== payload.size) return false;
    for (const [path, { content }] of payload) if (!readFileSync(join(folder, path)).equals(content)) return false;
    return true;
  } catch {
    return false; // what is not there, or cannot be read, is written
  }
}

async function relink(folder: string, names: ReadonlySet<string>): Promise<void> {
  const there = new Set((await readdir(folder)).filter((name) => !name.startsWith("..")));
  for (const name of names) if (!there.has(name)) await symlink(join(DATA, name), join(folder, name));
  for (const name of there) if (!names.has(name)) await rm(join(folder, name), { recursive: true, force: true });
}
