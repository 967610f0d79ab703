import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { posix } from "node:path";
import type { SeenFile } from "../../../cluster.ts";
import type { ContainerMount } from "./runtime.ts";

/** As many links as Linux follows. */
const MOST_LINKS = 40;

type Place = { readonly seen: string; readonly host: string };

/** The files of a container, as far as they come from its mounts: what its image brings is not simulated. */
export class ContainerFiles {
  /** Deepest first. */
  readonly #mounts: readonly ContainerMount[];

  constructor(mounts: readonly ContainerMount[]) {
    this.#mounts = mounts.toSorted((a, b) => b.mountPath.length - a.mountPath.length);
  }

  /**
   * All files at or below `path`, links followed inside the container's own view; names that begin with `..` (the
   * atomic writer's folders) are left out, for their files show under their own names.
   * @returns undefined when nothing is there
   */
  async read(path: string): Promise<SeenFile[] | undefined> {
    const place = await this.#locate(clean(path));
    if (place === undefined) return await this.#readMountsBelow(clean(path));
    return await this.#readPlace(place);
  }

  async #readMountsBelow(path: string): Promise<SeenFile[] | undefined> {
    const prefix = path === "/" ? "/" : `${path}/`;
    const below = this.#mounts.filter(({ mountPath }) => mountPath.startsWith(prefix));
    if (below.length === 0) return undefined;
    const files: SeenFile[] = [];
    for (const { mountPath } of below.toReversed()) files.push(...((await this.read(mountPath)) ?? []));
    return files;
  }

  async #readPlace({ seen, host }: Place): Promise<SeenFile[] | undefined> {
    const stats = await stat(host).catch(() => undefined);
    if (stats === undefined) return undefined;
    if (!stats.isDirectory()) return [{ path: seen, mode: stats.mode & 0o7777, content: await readFile(host) }];
    const files: SeenFile[] = [];
    for (const name of (await readdir(host)).sort()) {
      if (name.startsWith("..")) continue;
      const child = await this.#locate(posix.join(seen, name));
      const found = child === undefined ? undefined : await this.#readPlace(child);
      // A file that is reached through a link shows under the link's name.
      for (const file of found ?? [])
        files.push({ ...file, path: posix.join(seen, name, posix.relative(child?.seen ?? "", file.path)) });
    }
    return files;
  }

  /** Where a path of the container lies on the node, with links followed one component after the other. */
  async #locate(path: string, links = 0): Promise<Place | undefined> {
    const parts = path.split("/").filter((part) => part !== "");
    let seen = "/";
    let host = this.#rootAt(seen);
    for (const [at, part] of parts.entries()) {
      seen = posix.join(seen, part);
      const mount = this.#rootAt(seen);
      if (mount !== undefined) {
        host = mount;
        continue;
      }
      if (host === undefined) continue; // above all mounts, where only the image has folders
      host = `${host}/${part}`;
      const stats = await lstat(host).catch(() => undefined);
      if (stats === undefined) return undefined;
      if (!stats.isSymbolicLink()) continue;
      if (links >= MOST_LINKS) return undefined;
      const target = await readlink(host);
      const rest = parts.slice(at + 1).join("/");
      return await this.#locate(posix.resolve(posix.dirname(seen), target, rest), links + 1);
    }
    return host === undefined ? undefined : { seen, host };
  }

  #rootAt(seen: string): string | undefined {
    return this.#mounts.find(({ mountPath }) => clean(mountPath) === seen)?.path;
  }
}

function clean(path: string): string {
  return posix.resolve("/", path);
}
