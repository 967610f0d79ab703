import type { Clock, Log } from "../core/index.ts";
import type { KubeClient, KubeConfig } from "../kube/client.ts";
import type { ListenPlace } from "../net/index.ts";
import type { Journal } from "../net/journal.ts";

/** What a backend can do; a case names what it needs and skips, with the reason, where it is missing. */
export type ClusterCapability = "virtualTime" | "realKubelet" | "realMounts" | "exec" | "syntheticFaults" | "processes";

/** How kubelet reaches a CSI driver on a node: by its registration socket in the node's plugins_registry. */
export type NodePaths = {
  /** kubelet's root, `/var/lib/kubelet` on a real node, a folder of the run here. */
  readonly kubeletRoot: string;
  readonly pluginsRegistry: string;
  /** `<kubeletRoot>/plugins/csi-secrets-store` */
  readonly driverPluginDir: string;
  /** Provider sockets: `/var/run/secrets-store-csi-providers` on a real node. */
  readonly providersDir: string;
  readonly additionalProvidersDir: string;
};

export type NodeHandle = { readonly name: string; readonly paths: NodePaths };

/**
 * What the cluster gives to a part that runs "on" a node (driver, provider) and was not written by the
 * cluster: the caller hands launchers in, so that no backend imports driver or providers.
 */
export type LaunchContext = {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly node: NodeHandle;
  /** Config with the part's own ServiceAccount token. */
  readonly kubeConfig: KubeConfig;
};

export type Launcher = (context: LaunchContext) => Promise<AsyncDisposable>;

/** What a part is given by its container, whatever else it is given by its node. */
export type ContainerOfPart = {
  readonly pod: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly serviceAccount: string;
  };
  /** Where it listens, and nobody else: of this machine's own network, or of `place`. */
  readonly address: string;
  /** Opens the sockets at which the part listens, where its pod has a network of its own. */
  readonly place?: ListenPlace;
  /** The container's command and arguments, `$(NAME)` expanded. */
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly ports: readonly number[];
  /** Its lines are the container's log. */
  readonly log: Log;
  readonly say: (stream: "stdout" | "stderr", line: string) => void;
  /** A path of the container's, on the node. */
  readonly path: (inContainer: string) => string;
  /** The part died by itself. */
  readonly exit: (code: number) => void;
};

/** What a part is given that runs as a container of a pod: what its node gives, and what its container does. */
export type PartContext = LaunchContext &
  ContainerOfPart & {
    /** Where a path of the node's really is on this machine: `/var/lib/kubelet/…` leads into the node's folder. */
    readonly nodePath: (path: string) => string;
  };

/** Starts a part in a container of a pod. Throws: the container ends with code 1, and its log says why. */
export type PartLauncher = (context: PartContext) => Promise<AsyncDisposable>;

/** A file as a container sees it under its mount path. `mode` holds the permission bits. */
export type SeenFile = { readonly path: string; readonly mode: number; readonly content: Buffer };

/** A running cluster, whatever the backend (embedded, apiserver, kind, kubeconfig). */
export interface Cluster extends AsyncDisposable {
  readonly kind: "embedded" | "apiserver" | "kind" | "kubeconfig";
  readonly capabilities: ReadonlySet<ClusterCapability>;
  /** Why a capability is missing, for the skip's reason. */
  readonly missing: ReadonlyMap<ClusterCapability, string>;
  readonly clock: Clock;
  readonly journal: Journal;
  /** cluster-admin */
  readonly admin: KubeClient;
  readonly adminConfig: KubeConfig;
  /** The OIDC issuer: `iss` of every ServiceAccount token, and where its discovery document is served. */
  readonly issuer: { readonly url: string; readonly caPem: string };
  readonly nodes: readonly NodeHandle[];
  /** A config that acts as a ServiceAccount (which must exist), with a token from TokenRequest. */
  configFor(namespace: string, serviceAccount: string): Promise<KubeConfig>;
  /** Files below `path` as the named container of a running pod sees them; an error when it is not running. */
  readFiles(
    pod: { readonly namespace: string; readonly name: string; readonly container?: string },
    path: string,
  ): Promise<SeenFile[]>;
  /** Runs until `holds`, in the cluster's own time; false when `ms` passed first. */
  until(holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean>;
}
