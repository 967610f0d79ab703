import type { Clock, Log } from "../../core/index.ts";
import type {
  EventRecorder,
  Informer,
  KubeClient,
  SecretProviderClass,
  SecretProviderClassPodStatus,
} from "../../kube/index.ts";
import type { Rules } from "../behaviour.ts";
import type { Mounter } from "../mounter/index.ts";
import type { MountedFiles } from "./files.ts";

/** A published volume and what its Secrets are made of. */
export type VolumeSecrets = {
  readonly pod: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spc: SecretProviderClass;
  readonly targetPath: string;
  /** What the provider just answered; without it the volume is read. */
  readonly files?: MountedFiles;
  /** As stored: a bare pod's Secrets belong to it. */
  readonly status: SecretProviderClassPodStatus | undefined;
};

/**
 * Keeps Secrets equal to volumes. In `hardened` whoever changed a volume says so, and its Secrets stand when
 * {@link SecretSync.apply} resolves; the real driver has a controller of its own beside the publish, to which nobody
 * needs to say anything.
 */
export interface SecretSync extends AsyncDisposable {
  /**
   * Makes the Secrets of this volume match these files. Never fails: a volume is published whether its Secrets could
   * be made or not. What could not be made is told to pod and log, and tried again where that can help.
   */
  apply(volume: VolumeSecrets, signal: AbortSignal): Promise<void>;
  /** The volume is gone. Its Secrets go with their owners. */
  forget(targetPath: string): void;
  /** A status object from the copy that a controller keeps, where there is one. */
  cachedStatus?(name: string, namespace: string): SecretProviderClassPodStatus | undefined;
}

export type SecretSyncSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: Rules;
  readonly kube: KubeClient;
  readonly driverName: string;
  readonly nodeId: string;
  /** Below it stand the pods' volumes; `/var/lib/kubelet`. */
  readonly kubeletRootDir: string;
  readonly mounter: Mounter;
  readonly classes: Informer<SecretProviderClass>;
  readonly events: EventRecorder;
  /** Told of each Secret that was written, with the time it took. */
  readonly onWritten: (provider: string, tookMs: number) => void;
};
