import { statSync } from "node:fs";
import { join } from "node:path";
import { MountproofError } from "../../core/index.ts";

/** Letters, digits, `_` and `-`, at most 30: nothing that leads out of the provider directories. */
const PROVIDER_NAME = /^[a-zA-Z0-9_-]{0,30}$/;

/**
 * Finds a provider's socket.
 * @param folders in the order in which they are searched; the first that has the socket wins
 * @throws MountproofError `provider_invalid_name`, `provider_not_found`; the texts are upstream's
 */
export function socketOf(name: string, folders: readonly string[]): string {
  if (!PROVIDER_NAME.test(name))
    throw new MountproofError("provider_invalid_name", {
      message: `invalid provider: provider ${JSON.stringify(name)}`,
      culprit: { provider: name },
    });
  for (const folder of folders) {
    const path = join(folder, `${name}.sock`);
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  }
  throw new MountproofError("provider_not_found", {
    message: `provider not found: provider "${name}"`,
    hint: `is the provider's DaemonSet running on this node? no "${name}.sock" in ${folders.join(" or ")}`,
    culprit: { provider: name },
  });
}

/**
 * The directories of the two flags, in search order: every entry of `--additional-provider-volume-paths`, then
 * `--provider-volume`. The list is trimmed as a whole, its entries are not; an empty one is the working directory.
 */
export function providerFolders(providersDir: string, additional: string): string[] {
  return [...additional.trim().split(","), providersDir];
}
