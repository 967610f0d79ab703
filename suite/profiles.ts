import type { Store } from "./subjects/store.ts";
import type { Subject } from "./subjects/subject.ts";

/** What a profile examines. */
export type SubjectKind = Subject["kind"];

export type Profile = {
  readonly id: string;
  readonly title: string;
  /** Subjects that can be examined besides the reference parts of this project. */
  readonly accepts: readonly Exclude<SubjectKind, "reference">[];
  /** Whose provider it examines, for `store-provider`. */
  readonly store?: Store;
  /** Step files it needs, by name without ending; `*` for all: only what a run uses is loaded. */
  readonly steps: readonly string[];
};

/** The profiles a subject can be certified for. A case belongs to exactly one. */
export const PROFILES: readonly Profile[] = [
  {
    id: "PROVIDER-GRPC",
    title: "what every provider owes the driver",
    accepts: ["provider"],
    steps: ["provider-grpc"],
  },
  { id: "PROVIDER-AWS", title: "the AWS provider", accepts: ["store-provider"], store: "aws", steps: ["*"] },
  { id: "PROVIDER-AZURE", title: "the Azure provider", accepts: ["store-provider"], store: "azure", steps: ["*"] },
  { id: "PROVIDER-GCP", title: "the GCP provider", accepts: ["store-provider"], store: "gcp", steps: ["*"] },
  { id: "PROVIDER-VAULT", title: "the Vault provider", accepts: ["store-provider"], store: "vault", steps: ["*"] },
  { id: "DRIVER-NODE", title: "publish, unpublish and what the pod sees", accepts: ["driver"], steps: ["*"] },
  { id: "DRIVER-SYNC", title: "synced Kubernetes Secrets", accepts: ["driver"], steps: ["*"] },
  { id: "DRIVER-ROTATION", title: "rotation", accepts: ["driver"], steps: ["*"] },
  { id: "SECURITY", title: "secrets stay where they belong", accepts: ["driver"], steps: ["*"] },
  { id: "OPERATIONS", title: "restart, upgrade, observability", accepts: ["driver"], steps: ["*"] },
];

export const PROFILE_IDS: readonly string[] = PROFILES.map((profile) => profile.id);

/** The profile, by its id in any case; undefined when there is none. */
export function profileOf(id: string): Profile | undefined {
  return PROFILES.find((profile) => profile.id === id.toUpperCase());
}
