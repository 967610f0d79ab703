import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { OwnerReference, SecretProviderClassPodStatus } from "../../kube/index.ts";
import type { Rules } from "../behaviour.ts";
import type { LedgerEntry } from "../ledger.ts";
import { type ObjectVersion, sortedVersions } from "../provider/reply.ts";
import type { Volume } from "./volume.ts";

export const NODE_LABEL = "internal.secrets-store.csi.k8s.io/node-name";

const MAX_NAME = 253;
const MAX_LABEL = 63;
const HASH_DIGITS = 10;

export type StatusFacts = {
  readonly volume: Volume;
  readonly nodeId: string;
  /** The pod's volumes of this class, the one being published among them. */
  readonly siblings: readonly LedgerEntry[];
  readonly versions: readonly ObjectVersion[];
  readonly rules: Rules;
};

/** The status object as it should be (the driver's specification, §2.6). Pure. */
export function statusOf({ volume, nodeId, siblings, versions, rules }: StatusFacts): SecretProviderClassPodStatus {
  const { pod, className } = volume;
  const isUnion = !rules.has("B12") && siblings.length > 0;
  const objects = isUnion ? sortedVersions(siblings.flatMap((entry) => entry.versions)) : versions;
  return {
    apiVersion: "secrets-store.csi.x-k8s.io/v1",
    kind: "SecretProviderClassPodStatus",
    metadata: {
      name: statusName(volume, rules),
      namespace: pod.namespace,
      labels: { [NODE_LABEL]: nodeLabel(nodeId, rules) },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid }],
    },
    status: {
      podName: pod.name,
      secretProviderClassName: className,
      // Of several volumes the first by path: stable, whichever was published last.
      targetPath: (isUnion ? siblings[0]?.targetPath : undefined) ?? volume.targetPath,
      mounted: true,
      objects: objects.map(({ id, version }) => ({ ...(id !== "" && { id }), ...(version !== "" && { version }) })),
    },
  };
}

/** `pod-namespace-class`; in `hardened` one that Kubernetes would refuse is cut and ends in a hash (B13). */
export function statusName({ pod, className }: Volume, rules: Rules): string {
  const name = `${pod.name}-${pod.namespace}-${className}`;
  return rules.has("B13") ? name : shortened(name, MAX_NAME);
}

export function nodeLabel(nodeId: string, rules: Rules): string {
  return rules.has("B13") ? nodeId : shortened(nodeId, MAX_LABEL);
}

function shortened(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_DIGITS);
  return `${name.slice(0, limit - HASH_DIGITS - 1).replace(/[^a-zA-Z0-9]+$/, "")}-${hash}`;
}

/** The stored object brought to `wanted`: label, owners and status; everything else of it stays. */
export function updatedStatus(
  stored: SecretProviderClassPodStatus,
  wanted: SecretProviderClassPodStatus,
): SecretProviderClassPodStatus {
  return {
    ...stored,
    metadata: {
      ...stored.metadata,
      labels: { ...stored.metadata.labels, ...wanted.metadata.labels },
      ownerReferences: wanted.metadata.ownerReferences as OwnerReference[],
    },
    status: wanted.status as NonNullable<SecretProviderClassPodStatus["status"]>,
  };
}

/** Whether a write would change nothing. */
export function isSameStatus(stored: SecretProviderClassPodStatus, wanted: SecretProviderClassPodStatus): boolean {
  return (
    stored.metadata.labels?.[NODE_LABEL] === wanted.metadata.labels?.[NODE_LABEL] &&
    isDeepStrictEqual(stored.metadata.ownerReferences, wanted.metadata.ownerReferences) &&
    isDeepStrictEqual(stored.status, wanted.status)
  );
}
