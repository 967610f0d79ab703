import type { Pod, Volume } from "../types.ts";
import type { VolumeKind } from "./names.ts";

/** One volume of one pod, as the desired state has it. */
export type PodVolume = {
  readonly kind: VolumeKind;
  /** Kubelet's own name of it. */
  readonly key: string;
  readonly pod: Pod;
  readonly volume: Volume;
};

/** What is left of a volume when its pod is forgotten: enough to take it away. */
export type VolumeRef = {
  readonly kind: VolumeKind;
  readonly key: string;
  readonly podUid: string;
  readonly volumeName: string;
};

/** What kubelet knows of a volume before it sets it up. */
export type PriorState = "new" | "uncertain" | "mounted" | "reconstructed";

export interface VolumePlugin {
  /** @throws SetUpError */
  setUp(volume: PodVolume, prior: PriorState): Promise<void>;
  tearDown(ref: VolumeRef): Promise<void>;
  /** Whether a mounted volume is set up again whenever its pod is synced. */
  wantsRemount(volume: PodVolume): boolean;
}

/**
 * Why a volume could not be set up, and what that says of its state (spec kubelet-csi §6):
 * `transient` nothing changed; `uncertain` it may or may not be mounted; `final` it is not mounted.
 */
export type SetUpErrorClass = "transient" | "uncertain" | "final";

export class SetUpError extends Error {
  override readonly name = "SetUpError";
  readonly kind: SetUpErrorClass;

  constructor(kind: SetUpErrorClass, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** The kind of a volume in a pod's spec; undefined for one this kubelet does not know. */
export function kindOf(volume: Volume): VolumeKind | undefined {
  if (volume.csi !== undefined) return "csi";
  if (volume.secret !== undefined) return "secret";
  if (volume.configMap !== undefined) return "configMap";
  if (volume.projected !== undefined) return "projected";
  if (volume.downwardAPI !== undefined) return "downwardAPI";
  if (volume.hostPath !== undefined) return "hostPath";
  if (volume.emptyDir !== undefined || Object.keys(volume).length === 1) return "emptyDir";
  return undefined;
}
