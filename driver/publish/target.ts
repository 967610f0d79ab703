import { utimesSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { type Clock, messageOf } from "../../core/index.ts";
import { GrpcStatus } from "../../wire/grpc/index.ts";
import type { Mounter, TargetState } from "../mounter/index.ts";
import { isComplete } from "../payload/index.ts";
import { goErrorText } from "../text/go-error.ts";
import { ErrorType, PublishFailure } from "./failure.ts";
import type { PublishDecision } from "./gate.ts";

const DIRECTORY_MODE = 0o750;

/** @see isComplete; looked at only where something is mounted */
export function holdsPayload(target: string, state: TargetState): boolean {
  return state.kind === "mounted" && isComplete(target, state.names);
}

/**
 * Makes the target usable: the directory is there, and nothing dead lies on it.
 * @throws PublishFailure `Internal`
 */
export async function prepareTarget(
  target: string,
  state: TargetState,
  decision: PublishDecision,
  mounter: Mounter,
): Promise<void> {
  if (decision.kind === "refuse") {
    if (decision.unmount) mounter.unmount(target);
    throw new PublishFailure(
      "target",
      GrpcStatus.INTERNAL,
      `failed to check if target path ${target} is mount point, err: ${decision.error}`,
      ErrorType.mountPoint,
    );
  }
  if (decision.kind === "first" && decision.detach) mounter.unmount(target, { detach: true });
  if (state.kind !== "absent") return;
  try {
    // On kubelet's disk, whose journal may take its time: other calls need not wait for it.
    await mkdir(target, { recursive: true, mode: DIRECTORY_MODE });
  } catch (error) {
    throw new PublishFailure(
      "target",
      GrpcStatus.INTERNAL,
      `failed to create target path ${target}, err: ${goErrorText(error)}`,
      ErrorType.mount,
      error,
    );
  }
}

/** @throws PublishFailure `Unknown` with the mount's own words */
export function mountTarget(target: string, mounter: Mounter): void {
  try {
    mounter.mount(target);
  } catch (error) {
    throw new PublishFailure("mount", GrpcStatus.UNKNOWN, messageOf(error), ErrorType.mount, error);
  }
}

/** Directories bear the machine's time; where the world's differs, rotation's gate must see the world's. */
export function stampTarget(target: string, clock: Clock): void {
  if (clock.kind === "virtual") utimesSync(target, clock.now() / 1000, clock.now() / 1000);
}
