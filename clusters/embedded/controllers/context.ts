import type { Clock, Log, Random } from "../../../core/index.ts";
import type { Informer, KubeClient, Resource } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/types.ts";
import type { Controlled } from "./controlled.ts";

/** What a controller works with. It knows the cluster by the HTTP API alone. */
export type ControllerContext = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** One informer a kind, shared by all controllers; it lives as long as they do. */
  informer<T extends KubeObject>(resource: Resource<T>): Promise<Informer<T>>;
  /** The same objects by their controlling owner. Up to date when a handler of the informer is told. */
  controlled<T extends KubeObject>(resource: Resource<T>): Promise<Controlled<T>>;
};

/** Starts one controller; what it returns stops it. */
export type StartController = (context: ControllerContext) => Promise<AsyncDisposable>;

/** `namespace/name`, or `name` for a cluster-wide object: the key of a work queue. */
export function keyOf(object: KubeObject): string {
  const { namespace, name = "" } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** @see keyOf */
export function splitKey(key: string): { readonly name: string; readonly namespace: string | undefined } {
  const slash = key.indexOf("/");
  return slash < 0
    ? { name: key, namespace: undefined }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The API's time format: RFC 3339 in UTC, whole seconds. */
export function apiTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
