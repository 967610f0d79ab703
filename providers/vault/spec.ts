import type { Clock, Log, Random } from "../../core/index.ts";
import type { KubeConfig } from "../../kube/index.ts";
import type { Dialer } from "../../net/index.ts";
import type { ProviderBehaviour } from "../kit/index.ts";
import { HMAC_SECRET_NAME, VAULT_PROVIDER_NAMESPACE } from "./manifests.ts";

/** What the Vault provider needs to be told. Names follow the real one's flags; nothing is read from the process. */
export type VaultProviderSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: Random;
  /** `hardened` by default. */
  readonly behaviour?: ProviderBehaviour;
  /** The provider's own account at the API server. Without it there are no versions and no tokens of its making. */
  readonly kubeConfig?: KubeConfig;
  /** How names become connections, to Vault and to the API server. */
  readonly dialer?: Dialer;
  /** `-vault-addr` */
  readonly vaultAddress?: string;
  /** `-vault-mount`, `kubernetes` by default. */
  readonly vaultMount?: string;
  /** `-vault-namespace` */
  readonly vaultNamespace?: string;
  readonly tls?: {
    readonly caCertPath?: string;
    readonly caDirectory?: string;
    readonly serverName?: string;
    readonly clientCertPath?: string;
    readonly clientKeyPath?: string;
    readonly skipVerify?: boolean;
  };
  /** `-hmac-secret-name` */
  readonly hmacSecretName?: string;
  /** Where that Secret lives: the provider's own namespace. */
  readonly namespace?: string;
  /** `-cache-size`: how many pods' Vault tokens are kept; 0 keeps none. */
  readonly cacheSize?: number;
  /** `VAULT_…` variables the real provider reads, by name. */
  readonly environment?: Readonly<Record<string, string>>;
};

export const DEFAULTS = {
  address: "https://127.0.0.1:8200",
  mount: "kubernetes",
  audience: "vault",
  cacheSize: 1000,
  hmacSecretName: HMAC_SECRET_NAME,
  namespace: VAULT_PROVIDER_NAMESPACE,
  timeoutMs: 60_000,
  maxRetries: 2,
} as const;
