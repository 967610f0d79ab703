import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isMountproofError, type Log, messageOf } from "../core/index.ts";
import type { NodeUnpublishVolumeRequest } from "../wire/gen/csi_pb.ts";
import { GrpcError, GrpcStatus } from "../wire/grpc/index.ts";
import type { Rules } from "./behaviour.ts";
import type { Ledger } from "./ledger.ts";
import type { Mounter } from "./mounter/index.ts";
import { forgetTokens } from "./publish/tokens.ts";
import type { TokenSource } from "./rotation/index.ts";
import type { SecretSync } from "./sync/index.ts";
import { goErrorText, isErrnoError } from "./text/go-error.ts";

export type UnpublishDeps = {
  readonly mounter: Mounter;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly rules: Rules;
  /** Before v1.6. */
  readonly tokens?: TokenSource | undefined;
  readonly secrets: Pick<SecretSync, "forget">;
};

/** Where csi-sanity unpublishes from; upstream answers OK without looking. */
const SANITY_PATH = "/tmp/csi/mount";
/** Go's filepath.Match reads these as more than themselves. */
const GLOB_CHARACTERS = /[*?[\\]/;

/**
 * NodeUnpublishVolume (the driver's specification, §2.7): empties, unmounts and removes the target. Asks neither
 * provider nor API server, and what is not there any more is fine.
 * @throws GrpcError InvalidArgument, or Internal with the file system's words
 */
export function unpublish(request: NodeUnpublishVolumeRequest, deps: UnpublishDeps): void {
  const { targetPath, volumeId } = request;
  if (volumeId === "") throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, "Volume ID missing in request");
  if (targetPath === "") throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, "Target path missing in request");
  if (deps.rules.has("sanity-path") && targetPath.toLowerCase() === SANITY_PATH) return;
  try {
    removeTarget(targetPath, deps);
    deps.ledger.forget(targetPath);
    forgetTokens(targetPath, deps.tokens);
    deps.secrets.forget(targetPath);
  } catch (error) {
    deps.log.error("failed to clean and unmount target path", { targetPath }, error);
    throw new GrpcError(GrpcStatus.INTERNAL, textOf(error), { cause: error });
  }
}

function removeTarget(target: string, { mounter, log, rules }: UnpublishDeps): void {
  const state = mounter.inspect(target);
  if (state.kind === "absent") return;
  if (!rules.has("B17") || readsAsItself(target)) empty(target, log);
  if (state.kind !== "unmounted") mounter.unmount(target, { detach: state.kind === "dead" });
  if (!rules.has("stacked-mounts"))
    for (let below = mounter.inspect(target); below.kind === "mounted"; below = mounter.inspect(target)) {
      empty(target, log);
      mounter.unmount(target);
    }
  removeDirectory(target);
}

/** What cannot be deleted goes with the mount; it is worth a line, not a failure. */
function empty(target: string, log: Log): void {
  let names: string[];
  try {
    names = readdirSync(target);
  } catch {
    return; // no directory, or one that cannot be read
  }
  for (const name of names) {
    try {
      rmSync(join(target, name), { recursive: true, force: true });
    } catch (error) {
      log.error("an entry of the target could not be deleted", { targetPath: target, name }, error);
    }
  }
}

function removeDirectory(target: string): void {
  try {
    rmdirSync(target);
  } catch (error) {
    if (isErrnoError(error) && error.code === "ENOENT") return;
    if (!isErrnoError(error) || error.code !== "ENOTDIR") throw error;
    rmSync(target, { force: true }); // a plain file where the directory should be
  }
}

/**
 * B17: upstream deletes what the pattern `<target>/*` matches, so a target with glob characters in it matches
 * nothing, and one that is no pattern at all is an error.
 */
function readsAsItself(target: string): boolean {
  if (isUnclosed(target)) throw new GrpcError(GrpcStatus.INTERNAL, "syntax error in pattern");
  return !GLOB_CHARACTERS.test(target);
}

function isUnclosed(pattern: string): boolean {
  return pattern.split("/").some((name) => {
    const open = name.indexOf("[");
    return open >= 0 && name.indexOf("]", open + 2) < 0;
  });
}

function textOf(error: unknown): string {
  return isMountproofError(error) || error instanceof GrpcError ? messageOf(error) : goErrorText(error);
}
