import { type Log, messageOf } from "../../core/index.ts";
import {
  isKubeStatus,
  type KubeClient,
  type SecretProviderClassPodStatus,
  SecretProviderClassPodStatuses,
} from "../../kube/index.ts";
import { GrpcStatus } from "../../wire/grpc/index.ts";
import type { Rules } from "../behaviour.ts";
import { DriverPanic, ErrorType, PublishFailure } from "./failure.ts";
import { isSameStatus, updatedStatus } from "./status.ts";
import { podOf, type Volume } from "./volume.ts";

export type StatusDeps = {
  readonly kube: KubeClient;
  readonly log: Log;
  readonly rules: Rules;
  /** A copy that is asked before the API server when a status is brought up to date. */
  readonly cachedStatus?: ((name: string, namespace: string) => SecretProviderClassPodStatus | undefined) | undefined;
  /** What Go does on a write to a nil map; the driver does not survive it. */
  readonly panic: (message: string) => never;
};

/** Another writer may come between reading and writing; each loss means that somebody else won. */
const MAX_CONFLICTS = 5;

/**
 * Writes the status object: created first, brought up to date when it exists. In `hardened` one that says the same
 * already is left alone, and one that should be there is looked at before anything is written.
 * @returns the object as stored
 * @throws PublishFailure `Unknown`, naming the pod
 */
export async function recordStatus(
  volume: Volume,
  wanted: SecretProviderClassPodStatus,
  isKnown: boolean,
  deps: StatusDeps,
  signal: AbortSignal,
): Promise<SecretProviderClassPodStatus> {
  try {
    const looksFirst = isKnown && !deps.rules.has("equal-status");
    const known = looksFirst ? await update(wanted, deps, signal) : undefined;
    return known ?? (await createOrUpdate(wanted, deps, signal));
  } catch (error) {
    if (error instanceof DriverPanic) throw error;
    throw new PublishFailure(
      "status",
      GrpcStatus.UNKNOWN,
      `failed to create secret provider class pod status for pod ${podOf(volume)}, err: ${messageOf(error)}`,
      ErrorType.none,
      error,
    );
  }
}

/**
 * The status object that a driver before this one recorded for the volume; undefined when there is none of this pod.
 * @throws KubeStatusError, MountproofError `unavailable`
 */
export async function recordedStatus(
  { pod, className }: Volume,
  name: string,
  { kube }: StatusDeps,
): Promise<SecretProviderClassPodStatus | undefined> {
  const stored = await kube.find(SecretProviderClassPodStatuses, name, pod.namespace);
  const isOurs = stored?.metadata.ownerReferences?.some(({ uid }) => uid === pod.uid) === true;
  return isOurs && stored.status?.secretProviderClassName === className ? stored : undefined;
}

async function createOrUpdate(
  wanted: SecretProviderClassPodStatus,
  deps: StatusDeps,
  signal: AbortSignal,
): Promise<SecretProviderClassPodStatus> {
  for (let losses = 0; ; losses++) {
    try {
      return await deps.kube.create(SecretProviderClassPodStatuses, wanted, { signal });
    } catch (error) {
      if (!isKubeStatus(error, "AlreadyExists") || losses === MAX_CONFLICTS) throw error;
    }
    const updated = await update(wanted, deps, signal);
    if (updated !== undefined) return updated; // else it was deleted in between: created anew
  }
}

/** @returns undefined when there is no such object */
async function update(
  wanted: SecretProviderClassPodStatus,
  deps: StatusDeps,
  signal: AbortSignal,
): Promise<SecretProviderClassPodStatus | undefined> {
  const { kube, rules } = deps;
  const { name = "", namespace = "" } = wanted.metadata;
  let isCached = false;
  for (let losses = 0; ; losses++) {
    try {
      const cached = losses === 0 ? deps.cachedStatus?.(name, namespace) : undefined;
      isCached = cached !== undefined;
      const stored = cached ?? (await kube.get(SecretProviderClassPodStatuses, name, namespace, { signal }));
      if (!rules.has("equal-status") && isSameStatus(stored, wanted)) return stored;
      if (rules.has("B11") && stored.metadata.labels === undefined) deps.panic("assignment to entry in nil map");
      return await kube.update(SecretProviderClassPodStatuses, updatedStatus(stored, wanted), { signal });
    } catch (error) {
      if (isKubeStatus(error, "NotFound")) return undefined;
      // A copy may lag behind this driver's own last write.
      if (isCached && isKubeStatus(error, "Conflict")) continue;
      if (!isKubeStatus(error, "Conflict") || losses === MAX_CONFLICTS || rules.behaviour !== "hardened") throw error;
    }
  }
}
