import { HardenedSync } from "./hardened.ts";
import type { SecretSync, SecretSyncSpec } from "./sync.ts";
import { UpstreamSync } from "./upstream/index.ts";

export { filesOfPayload } from "./files.ts";
export type { SecretSync, SecretSyncSpec, VolumeSecrets } from "./sync.ts";
export { rotateSecrets, type SecretRotationDeps } from "./upstream/rotate.ts";

/** @see SecretSync */
export function startSecretSync(spec: SecretSyncSpec): SecretSync {
  return spec.rules.has("B2") ? new UpstreamSync(spec) : new HardenedSync(spec);
}
