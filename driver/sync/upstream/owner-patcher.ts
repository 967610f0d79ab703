import { type Clock, type Log, waiting } from "../../../core/index.ts";
import {
  type Informer,
  type KubeClient,
  type KubeObject,
  type OwnerReference,
  type SecretProviderClass,
  type SecretProviderClassPodStatus,
  Secrets,
} from "../../../kube/index.ts";
import type { Rules } from "../../behaviour.ts";
import { missingOwners, ownersOf } from "../owners.ts";
import type { Secret } from "../wanted.ts";

export type OwnerPatcherDeps = {
  /** Of this node. */
  readonly statuses: readonly SecretProviderClassPodStatus[];
  readonly pods: Pick<Informer<KubeObject>, "get">;
  readonly classes: Pick<Informer<SecretProviderClass>, "get">;
  /** Those that drivers made; no other is seen. */
  readonly secrets: Pick<Informer<Secret>, "get">;
  readonly kube: KubeClient;
  readonly rules: Rules;
  readonly clock: Clock;
  readonly log: Log;
};

const MAX_PATCHES = 5;
const BETWEEN_PATCHES_MS = 1;

/**
 * One round: the owners of every pod of this node are added to the Secrets of its SecretProviderClass. A class or pod
 * that is not found ends the round for all (B5).
 */
export async function patchOwners(deps: OwnerPatcherDeps, signal: AbortSignal): Promise<void> {
  for (const [key, owners] of ownersBySecret(deps)) {
    const [namespace = "", name = ""] = key.split("/");
    for (let patches = 1; patches <= MAX_PATCHES && !(await patchOne(name, namespace, owners, deps, signal)); patches++)
      await waiting(deps.clock, "waits to patch owners", () => deps.clock.sleep(BETWEEN_PATCHES_MS, { signal }));
  }
}

/** Owners by `namespace/secretName`; names as they stand in the class, spaces included. Pure but for the log. */
export function ownersBySecret({
  statuses,
  pods,
  classes,
  rules,
  log,
}: Omit<OwnerPatcherDeps, "kube" | "secrets" | "clock">): Map<string, OwnerReference[]> {
  const found = new Map<string, OwnerReference[]>();
  for (const status of statuses) {
    const { namespace = "" } = status.metadata;
    const spc = classes.get(status.status?.secretProviderClassName ?? "", namespace);
    const pod = pods.get(status.status?.podName ?? "", namespace);
    if (spc === undefined || pod === undefined) {
      log.debug("failed to patch secret owner ref", { status: `${namespace}/${status.metadata.name}` });
      if (rules.has("B5")) return new Map();
      continue;
    }
    for (const { secretName = "" } of spc.spec?.secretObjects ?? []) {
      const key = `${namespace}/${secretName}`;
      found.set(key, [...(found.get(key) ?? []), ...ownersOf(pod, status)]);
    }
  }
  return found;
}

/** @returns whether there is no more to do */
async function patchOne(
  name: string,
  namespace: string,
  owners: readonly OwnerReference[],
  { kube, secrets, rules, log }: OwnerPatcherDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const secret = secrets.get(name, namespace);
  if (secret === undefined) return true;
  const known = secret.metadata.ownerReferences ?? [];
  const missing = missingOwners(known, owners, rules);
  if (missing.length === 0) return true;
  const { resourceVersion } = secret.metadata;
  try {
    const body = { metadata: { resourceVersion, ownerReferences: [...known, ...missing] } };
    await kube.patch(Secrets, { name, namespace }, "merge", body, { signal });
    return true;
  } catch (error) {
    log.error("failed to set owner ref for secret", { secret: `${namespace}/${name}` }, error);
    return signal.aborted;
  }
}
