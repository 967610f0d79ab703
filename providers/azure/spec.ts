import type { Clock, Log, Random } from "../../core/index.ts";
import type { Dialer } from "../../net/index.ts";
import type { ProviderBehaviour } from "../kit/index.ts";
import type { AzureMetrics } from "./metrics.ts";

/** What the Azure provider needs to be told. Names follow the real one's flags; nothing is read from the process. */
export type AzureProviderSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: Random;
  /** `hardened` by default. */
  readonly behaviour?: ProviderBehaviour;
  /** How names become connections: Key Vault, Entra ID and the metadata addresses alike. */
  readonly dialer?: Dialer;
  /** Whom to trust, PEM; Node's own CAs when left out. */
  readonly caPem?: string;
  /** `-cloud-name`, `AzurePublicCloud` by default. */
  readonly cloudName?: string;
  /** `-construct-pem-chain`, true by default: certificates of a PFX stand from leaf to root. */
  readonly constructPemChain?: boolean;
  /** `-write-cert-and-key-in-separate-files`, false by default. */
  readonly writeCertAndKeyInSeparateFiles?: boolean;
  /** Identity binding: where tokens are exchanged in place of Entra ID. */
  readonly tokenProxy?: TokenProxySpec;
  /** Told of every mount and every object; a process serves them. */
  readonly metrics?: AzureMetrics;
  /** Variables the real provider reads, by name: `IDENTITY_ENDPOINT`, `MSI_ENDPOINT`, `AZURE_ENVIRONMENT_FILEPATH` … */
  readonly environment?: Readonly<Record<string, string>>;
};

export type TokenProxySpec = {
  /** `-token-proxy-url`, https and without a query. */
  readonly url?: string;
  /** `-sni-name` */
  readonly sniName?: string;
  /** Whom to trust there: in a pod the file of its service account; {@link AzureProviderSpec.caPem} when left out. */
  readonly caPem?: string;
};

export const DEFAULTS = {
  cloudName: "AzurePublicCloud",
  tokenProxyUrl: "https://kubernetes.default.svc.cluster.local",
} as const;
