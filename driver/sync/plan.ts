import { isDeepStrictEqual } from "node:util";
import type { OwnerReference } from "../../kube/index.ts";
import type { Rules } from "../behaviour.ts";
import { missingOwners } from "./owners.ts";
import { CLASS_ANNOTATION, MANAGED_LABEL, type Secret, type WantedSecret } from "./wanted.ts";

export type SecretPlan =
  | { readonly kind: "create"; readonly secret: Secret }
  | { readonly kind: "update"; readonly secret: Secret }
  | { readonly kind: "equal" }
  /** It is not the driver's, or cannot become what is wanted: left as it is. */
  | { readonly kind: "leave"; readonly reason: string };

export type PlanFacts = {
  readonly wanted: WantedSecret;
  readonly owners: readonly OwnerReference[];
  /** As the API server, or a copy of it, has it. */
  readonly stored: Secret | undefined;
  /** Whether a SecretProviderClass of that name is there: one that went leaves its Secrets to whoever asks. */
  readonly isClassKnown: (name: string) => boolean;
  /** Content is newer elsewhere: what is there keeps its data and only gets owners. */
  readonly keepsData: boolean;
  readonly rules: Rules;
};

/** What it takes to bring a Secret to what is wanted, in one write with its owners, or none when it is there. Pure. */
export function planSecret(facts: PlanFacts): SecretPlan {
  const { wanted, owners, stored, rules } = facts;
  if (stored === undefined) return { kind: "create", secret: newSecret(wanted, owners) };
  const reason = reasonToLeave(facts, stored);
  if (reason !== undefined) return { kind: "leave", reason };

  const known = stored.metadata.ownerReferences ?? [];
  const added = missingOwners(known, owners, rules);
  const { data = {}, metadata } = stored;
  const { labels = {}, annotations = {} } = metadata;
  const isSame = facts.keepsData || isDeepStrictEqual({ ...data }, { ...wanted.data });
  const isLabelled = facts.keepsData || (holds(labels, wanted.labels) && holds(annotations, wanted.annotations));
  if (isSame && isLabelled && added.length === 0) return { kind: "equal" };
  if (stored.immutable === true && !isSame) return { kind: "leave", reason: "it is immutable" };
  return {
    kind: "update",
    secret: {
      ...stored,
      ...(!isSame && { data: { ...wanted.data } }),
      metadata: {
        ...metadata,
        // What others put there, tools and policies, is theirs.
        ...(!isLabelled && {
          labels: { ...labels, ...wanted.labels },
          annotations: { ...annotations, ...wanted.annotations },
        }),
        ...(added.length > 0 && { ownerReferences: [...known, ...added] }),
      },
    },
  };
}

/** A Secret that nobody has made yet. */
export function newSecret(wanted: WantedSecret, owners: readonly OwnerReference[]): Secret {
  const { name, namespace, type, labels, annotations, data } = wanted;
  return {
    apiVersion: "v1",
    kind: "Secret",
    type,
    metadata: {
      name,
      namespace,
      labels: { ...labels },
      ...(Object.keys(annotations).length > 0 && { annotations: { ...annotations } }),
      ...(owners.length > 0 && { ownerReferences: missingOwners([], owners, NO_QUIRKS) }),
    },
    data: { ...data },
  };
}

const NO_QUIRKS: Rules = { behaviour: "hardened", has: () => false, isLegacy: false };

function reasonToLeave({ wanted, isClassKnown, rules }: PlanFacts, stored: Secret): string | undefined {
  if (!rules.has("B3")) {
    if (stored.metadata.labels?.[MANAGED_LABEL] !== "true")
      return `it is not the driver's: it lacks the label ${MANAGED_LABEL}=true`;
    const owner = stored.metadata.annotations?.[CLASS_ANNOTATION];
    if (owner !== undefined && owner !== wanted.annotations[CLASS_ANNOTATION] && isClassKnown(owner))
      return `the SecretProviderClass "${owner}" owns it`;
  }
  if ((stored.type ?? "Opaque") !== wanted.type)
    return `its type is "${stored.type}" and cannot become "${wanted.type}"`;
  return undefined;
}

function holds(all: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(all, name) && all[name] === value);
}
