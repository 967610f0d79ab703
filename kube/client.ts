import type { Activity } from "../core/index.ts";
import type { TlsMemory } from "../net/index.ts";
import type { KubeObject, Status } from "./types.ts";

/**
 * A kind of the API as a typed handle. `resource()` in `kube/resources.ts` makes them; the well-known ones
 * (`Pods`, `Secrets`, `SecretProviderClasses`, …) are exported there.
 */
export type Resource<T extends KubeObject = KubeObject> = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: carries the type of the objects. */
  readonly object?: T;
};

/** How to reach an API server and as whom. */
export type KubeConfig = {
  /** `https://host:port` */
  readonly server: string;
  readonly caPem: string;
  readonly credentials:
    | { readonly kind: "token"; readonly token: string }
    /** Re-read when it changes, as in-cluster clients do. */
    | { readonly kind: "tokenFile"; readonly path: string }
    | { readonly kind: "certificate"; readonly certPem: string; readonly keyPem: string }
    | { readonly kind: "none" };
  /** Sent as User-Agent, and the field manager's default. */
  readonly userAgent?: string;
  /** What clients of this server in this process share of their handshakes. */
  readonly memory?: TlsMemory;
};

export type ListOptions = {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
};

export type List<T extends KubeObject> = {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
};

export type WatchEvent<T extends KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly object: T };

export type PatchType = "json" | "merge" | "strategic" | "apply";

export type WriteOptions = {
  readonly signal?: AbortSignal;
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  /** Subresource to write: `status`, `scale`, `token`, `binding`, `eviction`. */
  readonly subresource?: string;
};

/**
 * The thin client that driver, controllers, kubelet and steps use. Every refusal is a {@link KubeStatusError};
 * a server that cannot be reached is a MountproofError "unavailable".
 */
export interface KubeClient extends AsyncDisposable {
  readonly config: KubeConfig;
  get<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace?: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<T>;
  /** Like `get`, but undefined for 404. */
  find<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): Promise<T | undefined>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<List<T>>;
  /** The namespace is the object's own. With `subresource`, POSTs to it and returns its answer. */
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  update<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    target: { readonly name: string; readonly namespace?: string },
    type: PatchType,
    body: unknown,
    options?: WriteOptions,
  ): Promise<T>;
  delete<T extends KubeObject>(
    resource: Resource<T>,
    target: { readonly name: string; readonly namespace?: string },
    options?: DeleteOptions & WriteOptions,
  ): Promise<void>;
  /** One watch connection; ends by itself or on abort. Resumes nothing: {@link Informer} does. */
  watch<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions & {
      readonly signal: AbortSignal;
      readonly allowBookmarks?: boolean /** The reader's activity channel, when the server is in this process. */;
      readonly channel?: string;
    },
  ): AsyncIterable<WatchEvent<T>>;
  /** POST any path, for reviews and subresources without a typed form. */
  raw(
    method: string,
    path: string,
    options?: {
      readonly body?: unknown;
      readonly contentType?: string;
      readonly accept?: string;
      readonly signal?: AbortSignal;
    },
  ): Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly body: string }>;
}

export type DeleteOptions = {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
};

/** A refusal of the API server: its Status, whole. Clients branch on `reason`. */
export class KubeStatusError extends Error {
  override readonly name = "KubeStatusError";
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? `the API server answered ${status.code}`);
    this.status = status;
  }

  get reason(): string {
    return this.status.reason ?? "";
  }

  get code(): number {
    return this.status.code ?? 0;
  }
}

/** True when `error` is a Status with one of `reasons`. */
export function isKubeStatus(error: unknown, ...reasons: string[]): error is KubeStatusError {
  return error instanceof KubeStatusError && (reasons.length === 0 || reasons.includes(error.reason));
}

/**
 * A local copy of a selection, kept by list and watch, as client-go's informers do: lists again after 410,
 * reconnects with back-off on the clock, and holds an activity token from a change at the server until every
 * handler has seen it (through {@link Activity.openChannel}; request header `X-Mountproof-Watch: <channel id>`).
 * Its objects come without `managedFields` and share with their last version what did not change: they are read only.
 */
export interface Informer<T extends KubeObject> extends AsyncDisposable {
  /** Resolves after the first list. */
  readonly synced: Promise<void>;
  get(name: string, namespace?: string): T | undefined;
  list(): T[];
  /** Calls `handler` for each object now known (as ADDED) and for each later change, in order. */
  onEvent(
    handler: (event: { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T; readonly old?: T }) => void,
  ): Disposable;
}

export type InformerDeps = { readonly activity: Activity };
