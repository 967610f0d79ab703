import { createHash } from "node:crypto";
import { join } from "node:path";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Handle of an inline volume: what the driver gets as `volume_id` (spec kubelet-csi §3). */
export function volumeHandle(podUid: string, volumeName: string): string {
  return `csi-${sha256(podUid + volumeName)}`;
}

/** Name of the attachment that `vol_data.json` carries, though inline volumes are never attached. */
export function attachmentName(handle: string, driver: string, node: string): string {
  return `csi-${sha256(handle + driver + node)}`;
}

/** The kinds of volumes that kubelet knows here, and the folder of each below a pod. */
export const VOLUME_FOLDERS = {
  csi: "kubernetes.io~csi",
  emptyDir: "kubernetes.io~empty-dir",
  secret: "kubernetes.io~secret",
  configMap: "kubernetes.io~configmap",
  projected: "kubernetes.io~projected",
  downwardAPI: "kubernetes.io~downward-api",
  hostPath: "kubernetes.io~host-path",
} as const;

export type VolumeKind = keyof typeof VOLUME_FOLDERS;

export const VOLUME_KINDS = Object.keys(VOLUME_FOLDERS) as VolumeKind[];

/** Kubelet's own name of a volume of a pod: unique on the node. */
export function uniqueName(kind: VolumeKind, podUid: string, volumeName: string): string {
  return `${VOLUME_FOLDERS[kind].replace("~", "/")}/${podUid}-${volumeName}`;
}

/** Where things lie below kubelet's root. */
export class PodPaths {
  readonly root: string;

  constructor(kubeletRoot: string) {
    this.root = kubeletRoot;
  }

  get pods(): string {
    return join(this.root, "pods");
  }

  pod(podUid: string): string {
    return join(this.pods, podUid);
  }

  volumesOf(podUid: string, kind: VolumeKind): string {
    return join(this.pod(podUid), "volumes", VOLUME_FOLDERS[kind]);
  }

  /** The volume's own folder: for CSI, the parent of the target. */
  volume(podUid: string, kind: VolumeKind, volumeName: string): string {
    return join(this.volumesOf(podUid, kind), volumeName.replaceAll("/", "~"));
  }

  /** The CSI target path: kubelet makes its parent, the driver makes it. */
  target(podUid: string, volumeName: string): string {
    return join(this.volume(podUid, "csi", volumeName), "mount");
  }

  volData(podUid: string, volumeName: string): string {
    return join(this.volume(podUid, "csi", volumeName), "vol_data.json");
  }

  subPathsOf(podUid: string, volumeName: string): string {
    return join(this.pod(podUid), "volume-subpaths", volumeName);
  }

  subPath(podUid: string, volumeName: string, container: string, index: number): string {
    return join(this.subPathsOf(podUid, volumeName), container, String(index));
  }
}
