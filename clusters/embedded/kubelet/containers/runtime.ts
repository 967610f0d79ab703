import type { Socket } from "node:net";
import type { MountClone } from "../mounts.ts";
import type { Container, Pod, Probe } from "../types.ts";
import type { Execution } from "./execution.ts";
import type { LogFile } from "./log-file.ts";
import type { ImageUser } from "./rights.ts";
import type { ContainerTask } from "./task.ts";

/** One place where a container sees something of the node. */
export type ContainerMount = {
  readonly mountPath: string;
  readonly readOnly: boolean;
  /** Where it leads on the node; through `clone` where the container has a mount of its own. */
  readonly path: string;
  readonly clone: MountClone | undefined;
  /** The same without the clone, for a container that makes a mount of its own from it. */
  readonly source: string;
  /** `slave`: what is mounted on the node below it comes in; `shared`: what the container mounts goes out, too. */
  readonly propagation?: "slave" | "shared";
};

export type ContainerKind = "init" | "app";

export type ContainerToStart = {
  readonly pod: Pod;
  readonly container: Container;
  readonly kind: ContainerKind;
  /** How often it was started before. */
  readonly attempt: number;
  readonly env: ReadonlyMap<string, string>;
  /** The runtime's from here on: it lets go of them when the container ends. */
  readonly mounts: readonly ContainerMount[];
};

/** A container as the runtime lists it. Never changed: a change makes a new one. */
export type RuntimeContainer = {
  readonly id: string;
  readonly name: string;
  readonly kind: ContainerKind;
  readonly attempt: number;
  readonly image: string;
  readonly state: "running" | "exited";
  readonly startedAt: number;
  readonly finishedAt?: number;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly message?: string;
};

/** A pod as the runtime lists it; of each container the newest attempts come first. */
export type RuntimePod = {
  readonly sandbox: { readonly id: string; readonly ip: string; readonly isReady: boolean } | undefined;
  readonly containers: readonly RuntimeContainer[];
};

export type ProbeKind = "startup" | "liveness" | "readiness";

export type ProbeOutcome = {
  readonly isPassing: boolean;
  /** What the probe said, for the event of a failure. */
  readonly output: string;
  /** The runtime tells when this changes; nobody has to ask again before. */
  readonly isTold: boolean;
};

/** A container did not start; `reason` shows in the pod's status. */
export class ContainerStartError extends Error {
  override readonly name = "ContainerStartError";
}

/** How a container's world differs from that on a real node; `reason` is the event's. */
export type RuntimeNote = { readonly reason: string; readonly message: string };

/** There is no such image. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}

/** Where a pod's programs live, when that is not this machine's own network. */
export type SandboxPlace = Disposable & {
  readonly ip: string;
  /** Files of the pod's own that its containers see, such as /etc/resolv.conf. */
  readonly files: readonly ContainerMount[];
  /** What `act` starts before it returns lives there. */
  within<T>(act: () => T): T;
  /** @returns a descriptor @throws Error with `code` */
  listen(host: string, port: number): number;
  dial(host: string, port: number): Socket;
  connect(host: string, port: number): Promise<Socket>;
};

/** Gives pods their places in a network. */
export type SandboxNetwork = { attach(pod: Pod): Promise<SandboxPlace> };

/**
 * What runs containers. It outlives a restart of kubelet, as a real runtime does, and tells of changes that kubelet
 * then sees at its next listing.
 */
export interface ContainerRuntime {
  startSandbox(pod: Pod): Promise<void>;
  /** @throws ImageError when the container's image cannot be had */
  requireImage(container: Container): void;
  /** Whom the image's processes are; undefined: root. */
  imageUser(container: Container): ImageUser | undefined;
  /**
   * @returns what a person should know of how it runs here
   * @throws ContainerStartError
   */
  startContainer(start: ContainerToStart): Promise<readonly RuntimeNote[]>;
  /** Resolves when the container has ended; it is killed after `graceMs`. */
  stopContainer(podUid: string, id: string, graceMs: number): Promise<void>;
  stopSandbox(podUid: string): Promise<void>;
  /** Forgets a pod whose containers have ended. */
  remove(podUid: string): void;
  pod(podUid: string): RuntimePod | undefined;
  podUids(): Iterable<string>;
  /** The pod's object as it was when its sandbox was started. */
  podObject(podUid: string): Pod | undefined;
  /** The mounts of a running container. */
  mountsOf(podUid: string, container: string): readonly ContainerMount[] | undefined;
  /** Environment of a running container. */
  envOf(podUid: string, container: string): ReadonlyMap<string, string> | undefined;
  onChange(look: (podUid: string) => void): Disposable;
  /** What a container said, or its attempt before the last one; undefined when there was none. */
  log(podUid: string, container: string, previous: boolean): LogFile | undefined;
  /** What really runs in a container, to talk with; undefined where that is only simulated. */
  task(podUid: string, container: string): ContainerTask | undefined;
  /** A connection to a port of the pod's; undefined where pods share this machine's network. */
  dial(podUid: string, port: number): Socket | undefined;
  /** Runs a program in a running container. @throws ContainerStartError when it cannot */
  execute(podUid: string, container: string, command: readonly string[], tty: boolean): Promise<Execution>;
  /** How a probe of a running container ends now. */
  probe(podUid: string, container: Container, kind: ProbeKind, probe: Probe): Promise<ProbeOutcome>;
  onProbeChange(look: (podUid: string, container: string) => void): Disposable;
}
