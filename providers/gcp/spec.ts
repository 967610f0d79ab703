import type { Clock, Log, Random } from "../../core/index.ts";
import type { KubeConfig } from "../../kube/index.ts";
import type { Dialer } from "../../net/index.ts";
import type { ProviderBehaviour } from "../kit/index.ts";

/** Variables of the real provider's environment that change what it does; nothing else of them is read. */
export const VARIABLES = [
  "PROJECT",
  "CLUSTER_LOCATION",
  "CLUSTER_NAME",
  "GAIA_TOKEN_EXCHANGE_ENDPOINT",
  "GKE_WORKLOAD_IDENTITY_ENDPOINT",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "GCE_METADATA_HOST",
  "ALLOW_NODE_PUBLISH_SECRET",
  "HOME",
] as const;
export type Variable = (typeof VARIABLES)[number];

/** What the GCP provider needs to be told. Nothing is read from the process. */
export type GcpProviderSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: Random;
  /** `hardened` by default. */
  readonly behaviour?: ProviderBehaviour;
  /** The provider's own account at the API server: it reads ServiceAccounts and makes their tokens. */
  readonly kubeConfig: KubeConfig;
  /** How names become connections: to Google, to the metadata server and to the API server. */
  readonly dialer?: Dialer;
  /** Whom to trust at Google's names; Node's own CAs when left out. */
  readonly caPem?: string;
  readonly environment?: Readonly<Partial<Record<Variable, string>>>;
};

export const DEFAULTS = {
  exchangeEndpoint: "https://securetoken.googleapis.com/v1/identitybindingtoken",
  workloadIdentityEndpoint: "https://container.googleapis.com/v1",
  metadataHost: "169.254.169.254",
  scope: "https://www.googleapis.com/auth/cloud-platform",
  userAgent: "secrets-store-csi-driver-provider-gcp",
  /** For a call at Google, where the driver names no deadline. */
  callMs: 60_000,
} as const;

/** A variable that is set and not empty. */
export function variable(spec: Pick<GcpProviderSpec, "environment">, name: Variable): string {
  return spec.environment?.[name] ?? "";
}
