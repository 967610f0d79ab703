import type { Clock, Log, Random } from "../../core/index.ts";
import type { KubeClient, KubeConfig } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/types.ts";
import type { CertificateAuthority, FaultPlan, Journal, Resolver, Route, SigningKey } from "../../net/index.ts";
import type { Cluster, Launcher, NodeHandle, PartLauncher } from "../cluster.ts";
import type { AuditSink, KubeVersion } from "./apiserver/index.ts";
import type { ImageEntry } from "./images/image-entry.ts";
import type { Execution, KubeletTiming, Mounts, ProcessGroups, Program } from "./kubelet/index.ts";
import type { Container, Pod } from "./kubelet/types.ts";
import type { PodNetwork } from "./network/pod-network.ts";

/** A node to simulate. */
export type NodeSpec = {
  /** `node-0`, `node-1`, … by default. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
};

/** A part that runs on nodes beside kubelet (the driver, a provider), under a ServiceAccount. */
export type NodePart = {
  /** Names it in errors. */
  readonly name: string;
  /** Whose token it gets; the account must exist by then. */
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly launch: Launcher;
  /** Where; every node by default. */
  readonly nodes?: readonly string[];
};

/** What a cluster needs of its API server, whichever it is. */
export interface ClusterApi extends AsyncDisposable {
  /** `https://127.0.0.1:41234` */
  readonly url: string;
  readonly port: number;
  readonly caPem: string;
  readonly issuer: { readonly url: string; readonly caPem: string };
  readonly adminConfig: KubeConfig;
  /** A config with a client certificate for any user. */
  configFor(user: { readonly name: string; readonly groups?: readonly string[] }): Promise<KubeConfig>;
  /** A config with a fixed bearer token. @throws MountproofError `unsupported` where tokens cannot be made up */
  tokenConfig(token: string, user: { readonly name: string; readonly groups: readonly string[] }): KubeConfig;
  /** Forgets the watch history. @throws MountproofError `unsupported` where that cannot be asked for */
  compact(): void;
}

/** What an API server is started with. */
export type ClusterApiContext = {
  readonly clock: Clock;
  readonly log: Log;
  /** For its files; gone at the end. */
  readonly folder: string;
  readonly authority?: CertificateAuthority;
  readonly signingKey?: () => Promise<SigningKey>;
  readonly audiences?: readonly string[];
  readonly processGroups?: ProcessGroups;
};

export type EmbeddedClusterSpec = {
  readonly clock: Clock;
  readonly log?: Log;
  readonly journal?: Journal;
  readonly random?: Random;
  /** 1.35 by default. */
  readonly kubeVersion?: KubeVersion;
  /** How many, or which; one by default, 0 for an API server with controllers alone. */
  readonly nodes?: number | readonly NodeSpec[];
  /** Folder for the nodes' files; a new one below the system's by default. Either way it is removed at the end. */
  readonly folder?: string;
  /** `auto`: mounts are real where mount(2) is allowed. Driver and kubelet must agree. */
  readonly mounts?: "auto" | "plain";
  /** Applied once the API server answers, before any part is launched. */
  readonly manifests?: readonly KubeObject[];
  readonly parts?: readonly NodePart[];
  /**
   * `processes`: containers with a command run it as a process of this machine, with their volumes at their paths.
   * Simulated by default: they start, run and end without one.
   */
  readonly containers?: "simulated" | "processes";
  /** What images run (see `images/`): an image without a line cannot be pulled. Every image is there by default. */
  readonly images?: readonly ImageEntry[];
  /** Starts the parts that lines of `images` name, each in its container. */
  readonly partsOfImages?: Readonly<Record<string, PartLauncher>>;
  /**
   * `network`: pods have addresses in a network of the run's own, with Services and DNS, where network namespaces are
   * allowed, else `loopback`: addresses of 127.0.0.0/8, at which parts and probes really reach them. Addresses that lead
   * nowhere by default.
   */
  readonly podAddresses?: "simulated" | "loopback" | "network";
  /** With `network`: opens it, or says why it cannot; for tests of the second. */
  readonly openNetwork?: () => Promise<PodNetwork | { readonly refused: string }>;
  /** With `network`: know what lies beyond the cluster, for its pods. */
  readonly outside?: readonly Resolver[];
  /** What a container does, where neither its command nor the built-in programs are meant. */
  readonly program?: (container: Container, pod: Pod) => Program | undefined;
  /** Why there is no such image; undefined where there is. Everything is there by default. */
  readonly missingImage?: (image: string) => string | undefined;
  /** Told of the process groups of containers, so that whoever outlives a killed run can end them. */
  readonly processGroups?: ProcessGroups;
  /** Folders of the host that containers' processes see at the same path, read-only, besides the system's. */
  readonly expose?: readonly string[];
  /** Kubelet's periods, for real clocks that cannot wait. */
  readonly timing?: Partial<KubeletTiming>;
  /** Controllers and scheduler; true by default. */
  readonly controllers?: boolean;
  readonly authority?: CertificateAuthority;
  readonly signingKey?: () => Promise<SigningKey>;
  readonly listen?: { readonly host?: string; readonly port?: number };
  readonly names?: readonly string[];
  readonly issuer?: string;
  readonly audiences?: readonly string[];
  readonly publicIssuer?: boolean;
  readonly anonymous?: boolean;
  /**
   * Told as soon as the API server answers, with the admin's client. Controllers and nodes are loaded and started when
   * what it returns is done; `start()` resolves when those are there, too.
   */
  readonly onServing?: (admin: KubeClient) => Promise<void> | void;
  /** A folder that keeps the API server's objects and signing key from one start to the next. */
  readonly stateFolder?: string;
  /** Starts another API server than the embedded one: controllers and kubelets are the same over any. */
  readonly api?: (context: ClusterApiContext) => Promise<ClusterApi>;
  /** Told of every request to the API server (audit.k8s.io/v1 Events at level Metadata). */
  readonly audit?: AuditSink;
  /** Faults of the API server. */
  readonly faults?: FaultPlan;
};

/** A running embedded cluster: what every cluster has, and what only a simulated one can. */
export interface RunningEmbeddedCluster extends Cluster {
  /** `apiserver`: over a real kube-apiserver. */
  readonly kind: "embedded" | "apiserver";
  /** `plain`: mount(2) is refused here, or was not wanted; marked directories stand for mounts. */
  readonly mounts: Mounts;
  /** Creates objects, and replaces those that are there. */
  apply(objects: readonly KubeObject[]): Promise<void>;
  /** Starts a part on its nodes; it ends with the cluster, or when what is returned is disposed. */
  launch(part: NodePart): Promise<AsyncDisposable>;
  /** Kubelet dies and starts anew on what it left: containers and mounts stay. */
  restartKubelet(node?: string): Promise<void>;
  /** Kubelet alone dies; {@link RunningEmbeddedCluster.startKubelet} brings it back. */
  stopKubelet(node?: string): Promise<void>;
  startKubelet(node?: string): Promise<void>;
  /** Ends a running container, as if its process did. */
  exitContainer(
    pod: { readonly namespace: string; readonly name: string; readonly container?: string },
    exitCode: number,
  ): Promise<void>;
  /** Runs a program in a running container. */
  execute(
    pod: { readonly namespace: string; readonly name: string; readonly container?: string },
    command: readonly string[],
    options?: { readonly tty?: boolean },
  ): Promise<Execution>;
  /** What a container said so far; its attempt before the last one with `previous`. */
  logs(
    pod: { readonly namespace: string; readonly name: string; readonly container?: string },
    options?: { readonly previous?: boolean },
  ): Promise<string>;
  /** The environment of a running container. */
  environment(pod: {
    readonly namespace: string;
    readonly name: string;
    readonly container?: string;
  }): Promise<ReadonlyMap<string, string>>;
  /** A config with a client certificate for any user. */
  configForUser(user: { readonly name: string; readonly groups?: readonly string[] }): Promise<KubeConfig>;
  /** A config with a fixed bearer token for any user. */
  configWithToken(user: { readonly name: string; readonly groups: readonly string[] }): KubeConfig;
  node(name?: string): NodeHandle;
  /** Forgets the API server's watch history: watches from old versions get 410. */
  compact(): void;
  /** Why pods have no network of their own; undefined where they have one, or none was wanted. */
  readonly networkRefused: string | undefined;
  /** Leads to the API server's address, and to a pod's or node's in the run's network; undefined for other addresses. */
  reach(address: string, port: number): Route | undefined;
}
