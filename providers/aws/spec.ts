import type { Clock, Log, Random } from "../../core/index.ts";
import type { KubeConfig } from "../../kube/index.ts";
import type { Dialer } from "../../net/index.ts";
import type { ProviderBehaviour } from "../kit/index.ts";

/** What the AWS provider needs to be told. Names follow the real one's flags; nothing is read from the process. */
export type AwsProviderSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: Random;
  /** `hardened` by default. */
  readonly behaviour?: ProviderBehaviour;
  /** The provider's own account at the API server: it reads ServiceAccounts, and Pods and Nodes for their region. */
  readonly kubeConfig?: KubeConfig;
  /** How names become connections, to AWS, to the Pod Identity agent and to the API server. */
  readonly dialer?: Dialer;
  /** Whom to trust for AWS's host names; Node's own authorities when left out. */
  readonly caPem?: string;
  /**
   * `--driver-writes-secrets`: the files travel in the answer. Left out, `hardened` does that and `upstream` writes
   * them itself, as the real one does by default.
   */
  readonly driverWritesSecrets?: boolean;
  /** `--qps` and `--burst`, towards the API server. */
  readonly qps?: number;
  readonly burst?: number;
  /** `--eks-addon-version`: shows in the User-Agent alone. */
  readonly eksAddonVersion?: string;
  /** `--pod-identity-http-timeout`, milliseconds for one request to the agent. */
  readonly podIdentityHttpTimeoutMs?: number;
  /** `AWS_…` variables the real provider reads, by name. */
  readonly environment?: Readonly<Record<string, string>>;
};

export const DEFAULTS = { qps: 5, burst: 10, maxAttempts: 3, dialTimeoutMs: 30_000 } as const;

export const AUDIENCE = { irsa: "sts.amazonaws.com", podIdentity: "pods.eks.amazonaws.com" } as const;
export const ROLE_ANNOTATION = "eks.amazonaws.com/role-arn";
export const REGION_LABEL = "topology.kubernetes.io/region";
