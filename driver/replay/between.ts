/** The recording shows the folder empty again without saying how. */
export const UNPUBLISHED_BEFORE: ReadonlySet<string> = new Set(["CSI-11 publish without secretProviderClass"]);
/** The recording shows the volume published before without saying how. */
export const PUBLISHED_BEFORE: ReadonlySet<string> = new Set(["B9 republish with a file/directory clash"]);
/** How long the recording looked on afterwards. */
export const PASSED_MS: Readonly<Record<string, number>> = {
  "health check on, no provider used yet, 2.5 s": 2_500,
  "health check on: publish, then 3.3 s": 3_300,
  "Version fails: publish unaffected": 1_000,
  "SIGTERM during a publish": 3_000,
  "new value; no CSI call, 7 s": 2_000,
  "the request of the reconciler (next cycle)": 2_000,
  "unchanged cycles: SecretRotationComplete again, MountRotationComplete not": 4_000,
  "publish with nodePublishSecretRef to an unlabelled Secret; then one cycle": 2_000,
  "labelled: rotation works": 2_000,
  "provider fails in a cycle": 2_000,
};
