/** What a profile examines. */
export type SubjectKind = "provider" | "driver" | "reference";

export type Profile = {
  readonly id: string;
  readonly title: string;
  /** Subjects that can be examined besides the reference parts of this project. */
  readonly accepts: readonly ("provider" | "driver")[];
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
  { id: "PROVIDER-AWS", title: "the AWS provider", accepts: [], steps: ["*"] },
  { id: "PROVIDER-AZURE", title: "the Azure provider", accepts: [], steps: ["*"] },
  { id: "PROVIDER-GCP", title: "the GCP provider", accepts: [], steps: ["*"] },
  { id: "PROVIDER-VAULT", title: "the Vault provider", accepts: [], steps: ["*"] },
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
