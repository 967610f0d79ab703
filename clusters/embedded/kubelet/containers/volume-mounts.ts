import { closeSync, openSync } from "node:fs";
import { lstat, mkdir, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { MountClone, Mounts } from "../mounts.ts";
import type { Container, Pod, Volume, VolumeMount } from "../types.ts";
import type { PodPaths } from "../volumes/names.ts";
import { kindOf, type VolumeRef } from "../volumes/plugin.ts";
import { ContainerConfigError, expand } from "./env.ts";
import type { ContainerMount } from "./runtime.ts";

export type VolumeMountsSpec = {
  readonly paths: PodPaths;
  readonly mounts: Mounts;
  /** Where a path of the node's really is. */
  readonly nodePath?: (path: string) => string;
};

const PROPAGATIONS = { None: undefined, HostToContainer: "slave", Bidirectional: "shared" } as const;

/** Makes the mounts that a container gets from its pod's volumes, and clears away binds of single paths. */
export class VolumeMounts {
  readonly #paths: PodPaths;
  readonly #mounts: Mounts;
  readonly #nodePath: (path: string) => string;

  constructor(spec: VolumeMountsSpec) {
    this.#nodePath = spec.nodePath ?? ((path) => path);
    this.#paths = spec.paths;
    this.#mounts = spec.mounts;
  }

  /** @throws ContainerConfigError for a subPath that cannot be made or lies outside its volume */
  async of(pod: Pod, container: Container, env: ReadonlyMap<string, string>): Promise<ContainerMount[]> {
    const made: ContainerMount[] = [];
    try {
      for (const [index, wanted] of (container.volumeMounts ?? []).entries()) {
        const volume = pod.spec.volumes?.find(({ name }) => name === wanted.name);
        if (volume === undefined) throw new ContainerConfigError(`volume "${wanted.name}" is not mounted`);
        made.push(await this.#mountOf(pod, container, wanted, volume, index, env));
      }
      return made;
    } catch (error) {
      for (const { clone } of made) clone?.[Symbol.dispose]();
      throw error;
    }
  }

  /** Takes the binds of single paths of a volume away, before the volume itself (spec kubelet-csi §7). */
  async release({ podUid, volumeName }: VolumeRef): Promise<void> {
    const folder = this.#paths.subPathsOf(podUid, volumeName);
    for (const container of await readdir(folder).catch(() => []))
      for (const index of await readdir(join(folder, container)).catch(() => []))
        if (this.#mounts.isReal) this.#unmount(join(folder, container, index));
    await rm(folder, { recursive: true, force: true });
  }

  async #mountOf(
    pod: Pod,
    container: Container,
    wanted: VolumeMount,
    volume: Volume,
    index: number,
    env: ReadonlyMap<string, string>,
  ): Promise<ContainerMount> {
    const source = this.#sourceOf(pod, volume);
    const readOnly = wanted.readOnly === true || volume.csi?.readOnly === true;
    const { mountPath } = wanted;
    const subPath = wanted.subPathExpr === undefined ? wanted.subPath : expand(wanted.subPathExpr, env);
    if (subPath !== undefined && subPath !== "") {
      const bound = await this.#bindSubPath(pod, container, wanted, source, subPath, index);
      return { mountPath, readOnly, ...bound };
    }
    // What a driver mounts it may mount anew; the container keeps the mount it started with.
    const clone = volume.csi === undefined ? undefined : this.#mounts.clone(source);
    const propagation = PROPAGATIONS[wanted.mountPropagation ?? "None"];
    const more = propagation === undefined ? {} : { propagation };
    return { mountPath, readOnly, path: clone?.path ?? source, clone, source, ...more };
  }

  #sourceOf(pod: Pod, volume: Volume): string {
    const kind = kindOf(volume);
    if (kind === "csi") return this.#paths.target(pod.metadata.uid, volume.name);
    if (kind === "hostPath") return this.#nodePath(volume.hostPath?.path ?? "/");
    return this.#paths.volume(pod.metadata.uid, kind ?? "emptyDir", volume.name);
  }

  /** A bind of what the path means now: a link that is turned later, or a file replaced, does not show. */
  async #bindSubPath(
    pod: Pod,
    container: Container,
    wanted: VolumeMount,
    volumePath: string,
    subPath: string,
    index: number,
  ): Promise<Pick<ContainerMount, "path" | "clone" | "source">> {
    const of = `for volumeMount "${wanted.name}" of container "${container.name}"`;
    const named = join(volumePath, posix.normalize(subPath));
    if (subPath.split("/").includes("..")) throw new ContainerConfigError(`subPath "${subPath}" must not contain ".."`);
    try {
      if ((await lstat(named).catch(() => undefined)) === undefined) await makeFolder(volumePath, named);
    } catch (error) {
      throw new ContainerConfigError(`failed to create subPath directory ${of}`, { cause: error });
    }
    try {
      const [resolved, root] = await Promise.all([realpath(named), realpath(volumePath)]);
      if (resolved !== root && !resolved.startsWith(`${root}/`))
        throw new Error(`"${subPath}" leads out of the volume`);
      const target = this.#paths.subPath(pod.metadata.uid, wanted.name, container.name, index);
      await makeBindPoint(target, (await stat(resolved)).isDirectory());
      if (!this.#mounts.isReal) return { ...pinned(resolved), source: resolved };
      // A container that restarts finds the bind of its predecessor.
      if ((await stat(target)).ino !== (await stat(resolved)).ino) {
        this.#unmount(target);
        this.#mounts.bind(resolved, target);
      }
      const clone = this.#mounts.clone(target);
      return { path: clone?.path ?? target, clone, source: target };
    } catch (error) {
      throw new ContainerConfigError(`failed to prepare subPath ${of}`, { cause: error });
    }
  }

  #unmount(path: string): void {
    try {
      this.#mounts.unmount(path);
    } catch {
      // It was not bound, or no longer: what is left is removed as a plain file.
    }
  }
}

/** Folders from the volume down, with the volume's own mode. */
async function makeFolder(volumePath: string, folder: string): Promise<void> {
  const { mode } = await stat(volumePath);
  await mkdir(folder, { recursive: true, mode: mode & 0o777 });
}

async function makeBindPoint(target: string, isFolder: boolean): Promise<void> {
  if ((await lstat(target).catch(() => undefined)) !== undefined) return;
  await mkdir(isFolder ? target : dirname(target), { recursive: true, mode: 0o750 });
  if (!isFolder) await writeFile(target, "", { mode: 0o640 });
}

/** Without mount(2) an open file keeps the inode. */
function pinned(path: string): { path: string; clone: MountClone } {
  const fd = openSync(path, "r");
  let isOpen = true;
  const clone: MountClone = {
    path: `/proc/self/fd/${fd}`,
    [Symbol.dispose]: () => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
  return { path: clone.path, clone };
}
