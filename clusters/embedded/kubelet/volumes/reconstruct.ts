import { readdir } from "node:fs/promises";
import { type PodPaths, uniqueName, VOLUME_KINDS } from "./names.ts";
import type { VolumeRef } from "./plugin.ts";
import { readVolData } from "./vol-data.ts";

/**
 * The volumes that an earlier kubelet left on disk (spec kubelet-csi §8). A CSI volume without `vol_data.json` is not
 * found again: nobody knows its driver.
 */
export async function volumesOnDisk(paths: PodPaths): Promise<VolumeRef[]> {
  const found: VolumeRef[] = [];
  for (const podUid of await names(paths.pods))
    for (const kind of VOLUME_KINDS)
      for (const folder of await names(paths.volumesOf(podUid, kind))) {
        const volumeName = folder.replaceAll("~", "/");
        if (kind === "csi") {
          const data = await readVolData(paths.volData(podUid, volumeName)).catch(() => undefined);
          if (data === undefined) continue;
        }
        found.push({ kind, key: uniqueName(kind, podUid, volumeName), podUid, volumeName });
      }
  return found;
}

/** Pods that still have a folder. */
export async function podsOnDisk(paths: PodPaths): Promise<string[]> {
  return await names(paths.pods);
}

/** Folders of volumes of a pod that still exist, whatever kubelet believes. */
export async function volumeFolders(paths: PodPaths, podUid: string): Promise<string[]> {
  const folders: string[] = [];
  for (const kind of VOLUME_KINDS)
    for (const folder of await names(paths.volumesOf(podUid, kind)))
      folders.push(`${paths.volumesOf(podUid, kind)}/${folder}${kind === "csi" ? "/mount" : ""}`);
  return folders;
}

async function names(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
