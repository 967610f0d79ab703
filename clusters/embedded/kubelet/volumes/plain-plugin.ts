import { statSync } from "node:fs";
import { chmod, mkdir, rm, stat, writeFile } from "node:fs/promises";
import type { Mounts } from "../mounts.ts";
import { writePayload } from "./atomic-writer.ts";
import type { PodPaths } from "./names.ts";
import { giveToGroup } from "./ownership.ts";
import { type PayloadSources, payloadOf } from "./payloads.ts";
import { type PodVolume, SetUpError, type VolumePlugin, type VolumeRef } from "./plugin.ts";

/** Volumes whose content kubelet itself writes: emptyDir, secret, configMap, downwardAPI, projected; and hostPath. */
export class PlainPlugin implements VolumePlugin {
  readonly #paths: PodPaths;
  readonly #mounts: Mounts;
  readonly #sources: PayloadSources;
  readonly #nodePath: (path: string) => string;

  constructor(spec: {
    readonly paths: PodPaths;
    readonly mounts: Mounts;
    readonly sources: PayloadSources;
    /** Where a path of the node's really is. */
    readonly nodePath?: (path: string) => string;
  }) {
    this.#nodePath = spec.nodePath ?? ((path) => path);
    this.#paths = spec.paths;
    this.#mounts = spec.mounts;
    this.#sources = spec.sources;
  }

  /** What the API server may have changed meanwhile is looked up at each sync. */
  wantsRemount({ kind }: PodVolume): boolean {
    return kind !== "emptyDir" && kind !== "hostPath";
  }

  async setUp({ kind, pod, volume }: PodVolume): Promise<void> {
    if (kind === "hostPath") return await this.#checkHostPath(volume.hostPath ?? { path: "/" });
    const folder = this.#paths.volume(pod.metadata.uid, kind, volume.name);
    try {
      const payload = kind === "emptyDir" ? undefined : await payloadOf(pod, volume, this.#sources);
      const found = statSync(folder, { throwIfNoEntry: false });
      if (found === undefined) await mkdir(folder, { recursive: true, mode: 0o777 });
      if (found === undefined || (found.mode & 0o7777) !== 0o777) await chmod(folder, 0o777); // whatever the umask says
      if (payload !== undefined) await writePayload(folder, payload);
      const { fsGroup: group, fsGroupChangePolicy: policy = "Always" } = pod.spec.securityContext ?? {};
      if (group !== undefined) await giveToGroup(folder, { group, isReadOnly: kind !== "emptyDir", policy });
    } catch (error) {
      throw new SetUpError("final", (error as Error).message, error);
    }
  }

  /** What the volume's type asks for (pkg/volume/hostpath); what is to be made is made. */
  async #checkHostPath({ path, type = "" }: { readonly path: string; readonly type?: string }): Promise<void> {
    const real = this.#nodePath(path);
    const found = await stat(real).catch(() => undefined);
    if (type === "DirectoryOrCreate" && found === undefined) await mkdir(real, { recursive: true, mode: 0o755 });
    if (type === "FileOrCreate" && found === undefined) await writeFile(real, "", { flag: "a", mode: 0o644 });
    const what = {
      DirectoryOrCreate: "directory",
      Directory: "directory",
      FileOrCreate: "file",
      File: "file",
      Socket: "socket file",
    }[type];
    const holds =
      what === undefined ||
      (found === undefined
        ? type.endsWith("OrCreate")
        : what === "directory"
          ? found.isDirectory()
          : what === "file"
            ? found.isFile()
            : found.isSocket());
    if (!holds) throw new SetUpError("final", `hostPath type check failed: ${path} is not a ${what}`);
  }

  async tearDown({ kind, podUid, volumeName }: VolumeRef): Promise<void> {
    if (kind === "hostPath") return;
    const folder = this.#paths.volume(podUid, kind, volumeName);
    // A container with Bidirectional propagation may have mounted something here: that is not ours to delete through.
    if (kind === "emptyDir" && (await this.#mounts.below(folder)).length > 0)
      throw new Error(`there are mounts below "${folder}"`);
    await rm(folder, { recursive: true, force: true });
  }
}
