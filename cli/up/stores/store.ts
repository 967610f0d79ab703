import type { RunningEmbeddedCluster } from "../../../clusters/embedded/index.ts";
import type { Clock, Log, Scope } from "../../../core/index.ts";
import type { CertificateAuthority, Dialer, Journal } from "../../../net/index.ts";
import type { Names } from "../names.ts";
import type { StoreName } from "../store-names.ts";

/** What a store is given that runs beside a cluster. */
export type StoreParts = {
  readonly clock: Clock;
  /** The run's folder, gone with it. */
  readonly folder: string;
  readonly log: Log;
  readonly journal: Journal;
  readonly scope: Scope;
  readonly cluster: RunningEmbeddedCluster;
  /** Issues the certificates of the names that the store stands for. */
  readonly authority: CertificateAuthority;
  readonly names: Names;
  readonly dialer: Dialer;
  /** What the store shall hold; left out, it holds what the examples ask for. */
  readonly seed: unknown;
};

/** What a person may want to know of a store that runs. */
export type RunningStore = {
  readonly name: StoreName;
  readonly url: string;
  readonly hints: readonly string[];
  /** Variables by which the store's own command-line program finds it, as its owner. */
  readonly environment?: Readonly<Record<string, string>>;
};

/** The command that sets them. */
export function exportOf(environment: Readonly<Record<string, string>>): string {
  return `export ${Object.entries(environment)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")}`;
}

export type StoreLauncher = (parts: StoreParts) => Promise<RunningStore>;

/** Who reads the secrets in the examples. */
export const EXAMPLE_ACCOUNT = { namespace: "production", name: "app-service-account" } as const;
