import { randomUUID } from "node:crypto";
import { type Clock, isMountproofError, type Log, messageOf, Scope, shareSame } from "../core/index.ts";
import {
  type Informer,
  isKubeStatus,
  type KubeClient,
  type ListOptions,
  type Resource,
  type WatchEvent,
} from "./client.ts";
import type { KubeObject } from "./types.ts";

/** client-go's reflector: 800 ms, doubled up to 30 s, and reset by a watch that worked. */
const FIRST_RETRY_MS = 800;
const LAST_RETRY_MS = 30_000;

/** Ends what a watch shows at its start (KEP-3157). */
const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

export type InformerContext = {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Has the watch itself show what is there, as client-go 1.35 does, in place of a list before it; a server that knows
   * no such watch is listed.
   */
  readonly isStreaming?: boolean;
};
export type InformerSelection = Pick<ListOptions, "namespace" | "labelSelector" | "fieldSelector">;

type Handler<T extends KubeObject> = Parameters<Informer<T>["onEvent"]>[0];

/** @see Informer */
export function startInformer<T extends KubeObject>(
  client: KubeClient,
  kind: Resource<T>,
  selection: InformerSelection,
  { clock, log, isStreaming = false }: InformerContext,
): Informer<T> {
  const scope = new Scope(`informer ${kind.plural}`);
  const cache = new Map<string, T>();
  const handlers = new Set<Handler<T>>();
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => undefined); // stopping before the first list is no error of anybody's

  const tell = (event: Parameters<Handler<T>>[0]): void => {
    for (const handler of handlers) handler(event);
  };
  const put = (object: T): void => {
    const key = keyOf(object);
    const old = cache.get(key);
    if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    trim(object, old);
    cache.set(key, object);
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) {
      tell({ type: "DELETED", object: old });
      tell({ type: "ADDED", object });
    } else tell(old === undefined ? { type: "ADDED", object } : { type: "MODIFIED", object, old });
  };
  const drop = (object: T): void => {
    const old = cache.get(keyOf(object));
    cache.delete(keyOf(object));
    if (old !== undefined) tell({ type: "DELETED", object, old });
  };

  /** Brings the cache to what is there; what is missing in it was deleted meanwhile. */
  const replace = (items: readonly T[]): void => {
    const seen = new Set(items.map(keyOf));
    for (const [key, object] of cache) if (!seen.has(key)) drop(object);
    for (const object of items) put(object);
    synced.resolve();
  };
  const relist = async (): Promise<string> => {
    const list = await client.list(kind, selection);
    replace(list.items);
    return list.metadata.resourceVersion;
  };
  /** @param from the version to go on from; without one the watch begins with all that is there, and then calls `shown` */
  const follow = async (from: string | undefined, shown: () => void = () => {}): Promise<string> => {
    let version = from;
    let initial: T[] | undefined = from === undefined ? [] : undefined;
    const channel = clock.activity.openChannel(`${kind.plural}-${randomUUID()}`);
    try {
      const options = {
        ...selection,
        ...(from === undefined ? { sendInitialEvents: true } : { resourceVersion: from }),
        allowBookmarks: true,
        signal: scope.signal,
        channel: channel.id,
      };
      for await (const { type, object } of client.watch(kind, options) as AsyncIterable<WatchEvent<T>>) {
        if (initial !== undefined && type !== "BOOKMARK") initial.push(object);
        else if (initial !== undefined && object.metadata.annotations?.[INITIAL_EVENTS_END] !== undefined) {
          replace(initial);
          initial = undefined;
          shown();
        } else if (type === "DELETED") drop(object);
        else if (type !== "BOOKMARK") put(object);
        if (initial === undefined) version = object.metadata.resourceVersion ?? version;
        if (type !== "BOOKMARK") channel.received();
      }
    } finally {
      channel.close();
    }
    if (version === undefined) throw new Error("the watch ended before it had shown what is there");
    return version;
  };
  let streams = isStreaming;
  /** All that is there, and what follows it, by one request. */
  const stream = async (): Promise<string> => {
    const token = clock.activity.begin(`list ${kind.plural}`);
    try {
      return await clock.activity.run(token, () => follow(undefined, () => token.end()));
    } catch (error) {
      if (isKubeStatus(error, "Invalid", "BadRequest")) streams = false;
      throw error;
    } finally {
      token.end();
    }
  };
  const run = async (): Promise<void> => {
    let version: string | undefined;
    let retry = FIRST_RETRY_MS;
    while (!scope.signal.aborted) {
      try {
        if (version === undefined && streams) version = await stream();
        else {
          version ??= await clock.activity.track(`list ${kind.plural}`, relist);
          version = await follow(version);
        }
        retry = FIRST_RETRY_MS;
      } catch (error) {
        if (scope.signal.aborted) return;
        if (isKubeStatus(error, "Expired", "Gone")) version = undefined;
        // A server that cannot show what is there by a watch is asked for a list, at once.
        else if (isStreaming && !streams && version === undefined && isKubeStatus(error, "Invalid", "BadRequest"))
          log.debug(`${kind.plural} are listed: the server shows nothing at the start of a watch`);
        else {
          // Who waits for what it shows is told why, once; that it goes on is of no news.
          log[retry === FIRST_RETRY_MS ? "warn" : "debug"](`the watch of ${kind.plural} broke`, {
            error: isMountproofError(error) ? error.code : String(error),
            reason: messageOf(error),
            retryMs: retry,
          });
          await clock.sleep(retry, { signal: scope.signal }).catch(() => undefined);
          retry = Math.min(LAST_RETRY_MS, retry * 2);
        }
      }
    }
  };
  const running = run();
  scope.defer("loop", () => running);
  return {
    synced: synced.promise,
    get: (name, namespace) => cache.get(namespace === undefined ? name : `${namespace}/${name}`),
    list: () => [...cache.values()],
    onEvent: (handler) => {
      handlers.add(handler);
      for (const object of cache.values()) handler({ type: "ADDED", object });
      return { [Symbol.dispose]: () => void handlers.delete(handler) };
    },
    [Symbol.asyncDispose]: () => {
      synced.reject(new Error("stopped"));
      return scope[Symbol.asyncDispose]();
    },
  };
}

/**
 * Who owns which field is of no interest to those who look after objects, and half of what an object takes up: it is
 * left out, as kube-controller-manager does. What a change left as it was is kept once, with who remembers
 * the object as it was before.
 */
function trim(object: KubeObject, old: KubeObject | undefined): void {
  const { managedFields: _owned, ...metadata } = object.metadata;
  object.metadata = metadata;
  if (old === undefined) return;
  shareSame(metadata, old.metadata);
  const { metadata: _known, ...rest } = old;
  shareSame(object, rest);
}

function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? (metadata.name ?? "") : `${metadata.namespace}/${metadata.name}`;
}
