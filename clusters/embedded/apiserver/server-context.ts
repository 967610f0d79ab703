import type { Clock, Log, Random } from "../../../core/index.ts";
import type { KubeObject } from "../../../kube/types.ts";
import type { Kind } from "./kinds/kind.ts";
import { apiVersionOf } from "./kinds/kind.ts";
import { objectKey, type Registry, tableOf } from "./kinds/registry.ts";
import type { ServerExtensions } from "./pipeline.ts";
import type { KindTypes } from "./schema/kind-types.ts";
import type { Store } from "./store/store.ts";

export type KubeVersion = "1.34" | "1.35" | "1.36";

/** What every handler works with. */
export type ServerContext = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly kubeVersion: KubeVersion;
  readonly store: Store;
  readonly registry: Registry;
  readonly types: KindTypes;
  readonly extensions: ServerExtensions;
};

/** The stored object as its kind shows it: of the version asked for, with kind and apiVersion first. */
export function present(kind: Kind, stored: KubeObject): KubeObject {
  const shown = kind.storedAs === undefined ? stored : kind.storedAs.read(stored);
  const apiVersion = apiVersionOf(kind);
  return shown.apiVersion === apiVersion ? shown : { kind: shown.kind, apiVersion, ...without(shown) };
}

function without({ apiVersion: _version, kind: _kind, ...rest }: KubeObject): Pick<KubeObject, "metadata"> {
  return rest;
}

/** The stored object, as stored; undefined when there is none. */
export function findStored(
  { store }: ServerContext,
  kind: Kind,
  namespace: string,
  name: string,
): KubeObject | undefined {
  return store.get(tableOf(kind), objectKey(kind, namespace, name));
}

/** The API's time format: RFC 3339 in UTC, whole seconds. */
export function timestamp(clock: Clock): string {
  // By a pattern: a text put together from parts takes up all of them for as long as it is kept.
  return new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
}
