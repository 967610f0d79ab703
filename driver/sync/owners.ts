import type { KubeObject, OwnerReference } from "../../kube/index.ts";
import type { Rules } from "../behaviour.ts";

/**
 * Who a pod's Secrets belong to, and with whom they go: the pod's owners, so that they outlive single pods of a
 * ReplicaSet, StatefulSet or Job; for a bare pod its status object, which goes with it, and where somebody deleted
 * that the pod itself. Pure.
 */
export function ownersOf(pod: KubeObject, status: KubeObject | undefined): OwnerReference[] {
  const owners = pod.metadata.ownerReferences ?? [];
  // Controller and blockOwnerDeletion say who manages the pod, not its Secrets.
  if (owners.length > 0) return owners.map(({ apiVersion, kind, name, uid }) => ({ apiVersion, kind, name, uid }));
  const { name = "", uid = "" } = status?.metadata ?? {};
  if (uid === "")
    return [{ apiVersion: "v1", kind: "Pod", name: pod.metadata.name ?? "", uid: pod.metadata.uid ?? "" }];
  return [{ apiVersion: "secrets-store.csi.x-k8s.io/v1", kind: "SecretProviderClassPodStatus", name, uid }];
}

/** Those of `owners` that `known` lacks, each once. Upstream tells them apart by name (B4). Pure. */
export function missingOwners(
  known: readonly OwnerReference[],
  owners: readonly OwnerReference[],
  rules: Rules,
): OwnerReference[] {
  const keyOf = ({ name, uid }: OwnerReference): string => (rules.has("B4") ? name : uid);
  const seen = new Set(known.map(keyOf));
  const uids = new Set(known.map(({ uid }) => uid));
  const missing: OwnerReference[] = [];
  for (const owner of owners) {
    if (seen.has(keyOf(owner)) || uids.has(owner.uid)) continue;
    uids.add(owner.uid); // the API server drops a second reference to one object
    missing.push(owner);
  }
  return missing;
}
