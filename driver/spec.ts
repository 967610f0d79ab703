import type { Clock, Log, Random } from "../core/index.ts";
import type { KubeConfig } from "../kube/index.ts";
import type { Dialer, Journal, ListenPlace } from "../net/index.ts";
import type { Behaviour, Quirk } from "./behaviour.ts";
import type { Registry } from "./metrics/registry.ts";
import type { Mounter } from "./mounter/index.ts";
import type { PointObserver, StepObserver } from "./steps.ts";

/** What a driver needs to be told. Names follow upstream's flags; times are milliseconds. */
export type DriverSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal?: Journal;
  /** Back-off jitter and names of data directories; the system's randomness by default. */
  readonly random?: Random;
  /** `unix:///folder/csi.sock` or `tcp://127.0.0.1:10000` */
  readonly endpoint: string;
  /** `secrets-store.csi.k8s.io` by default. */
  readonly driverName?: string;
  readonly nodeId: string;
  /** Below it kubelet keeps its pods' volumes; `/var/lib/kubelet` by default. Asked for only after a restart. */
  readonly kubeletRootDir?: string;
  readonly kubeConfig: KubeConfig;
  /** How the API server's name becomes a connection; loopback alone by default. */
  readonly dialer?: Dialer;
  /** `--provider-volume` */
  readonly providersDir?: string;
  /** `--additional-provider-volume-paths`: a comma-separated list; searched before `providersDir`. */
  readonly additionalProvidersDirs?: string;
  /** `hardened` by default. */
  readonly behaviour?: Behaviour;
  readonly enableSecretRotation?: boolean;
  /** Two minutes by default. */
  readonly rotationPollIntervalMs?: number;
  /** `return`: a failed republish is kubelet's to know; for kubelets that keep the mount then (1.37). */
  readonly republishErrors?: "mask" | "return";
  /** Largest answer of a provider, in bytes; 4 MiB by default. */
  readonly maxCallRecvMsgSize?: number;
  readonly providerHealthCheck?: boolean;
  /** Two minutes by default. */
  readonly providerHealthCheckIntervalMs?: number;
  /** `:8095`, `127.0.0.1:0`; without it no metrics are served (they are counted all the same). */
  readonly metricsAddr?: string;
  /** Opens that address's socket, where it is not one of this process's network. */
  readonly metricsPlace?: ListenPlace;
  /** Where secrets are put; tmpfs by default, where mount(2) succeeds when tried. */
  readonly mounter?: Mounter;
  /**
   * Registers with a kubelet by this socket in its plugins_registry. `endpoint` is the driver's socket as kubelet
   * sees it, where that differs.
   */
  readonly registration?: { readonly path: string; readonly endpoint?: string };
  /** As GetPluginInfo tells it; the release that is imitated, or `local-dev`. */
  readonly vendorVersion?: string;
  /** Told of each step of a publish. */
  readonly onStep?: StepObserver;
  /** Told of every point of a publish; tests kill parts there. */
  readonly onPoint?: PointObserver;
  /** Calls of providers go into the journal too; for providers that keep no journal of their own. */
  readonly journalsProviderCalls?: boolean;
  /** Where the real driver would die of a Go panic. Without it the driver stops serving. */
  readonly onPanic?: (message: string) => void;
  /** `hardened` with known defects, for tests of the tests (see `defects.ts`). */
  readonly defects?: ReadonlySet<Quirk>;
};

export interface RunningDriver extends AsyncDisposable {
  readonly behaviour: Behaviour;
  /** Where it really listens: `unix:///…` or `tcp://…` with the port it got. */
  readonly endpoint: string;
  /** `plain`: mount(2) is refused here. */
  readonly mounts: "tmpfs" | "plain";
  readonly metrics: Pick<Registry, "text" | "value">;
  /** `http://host:port/metrics`; undefined when no address was given. */
  readonly metricsUrl: string | undefined;
  /** Resolves when the SecretProviderClasses were listed once. */
  readonly synced: Promise<void>;
  /** Takes no new calls and resolves when those under way have ended. */
  drain(): Promise<void>;
  /**
   * Ends as a killed process does: no publish under way goes a step further, and nothing of it is cleaned up. What
   * a dead process leaves to others, such as its socket's file, is gone all the same.
   */
  kill(): Promise<void>;
}

export const DEFAULTS = {
  kubeletRootDir: "/var/lib/kubelet",
  driverName: "secrets-store.csi.k8s.io",
  providersDir: "/var/run/secrets-store-csi-providers",
  additionalProvidersDirs: "/etc/kubernetes/secrets-store-csi-providers",
  rotationPollIntervalMs: 120_000,
  maxCallRecvMsgSize: 4_194_304,
  providerHealthCheckIntervalMs: 120_000,
} as const;

/** The release that a behaviour imitates. */
export const VENDOR_VERSIONS: Readonly<Record<Behaviour, string>> = {
  hardened: "local-dev",
  "upstream-1.6": "v1.6.0",
  "upstream-1.5": "v1.5.6",
};
