import { HardenedSync } from "./hardened.ts";
import type { SecretSync, SecretSyncSpec } from "./sync.ts";

export { filesOfPayload, type MountedFiles, mountedFiles } from "./files.ts";
export type { SecretSync, SecretSyncSpec, VolumeSecrets } from "./sync.ts";
export { invalidity, secretData, secretNameOf } from "./wanted.ts";

const NO_SYNC: SecretSync = {
  apply: async () => undefined,
  forget: () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

/** @see SecretSync */
export function startSecretSync(spec: SecretSyncSpec): SecretSync {
  return spec.rules.has("B2") ? NO_SYNC : new HardenedSync(spec);
}
