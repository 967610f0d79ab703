import type { Clock } from "../../../../core/index.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { FieldSets } from "../ownership/field-sets.ts";
import type { Change } from "./change.ts";
import { type Listener, Listeners, type Trigger } from "./listeners.ts";
import { conflict, expired } from "./refusals.ts";

/** What is stored under a key: the object, and its JSON made once for every reader. */
export type Stored = {
  readonly key: string;
  readonly object: KubeObject;
  readonly resourceVersion: number;
};

/** A real server keeps five minutes of history in etcd; here at least that much, and at most this many changes. */
const HISTORY_MS = 5 * 60_000;
const HISTORY_CHANGES = 10_000;
const HISTORY_SLACK = 500;

type Table = {
  readonly objects: Map<string, Stored>;
  /** Those of `objects` in order; unknown after one came or went, until somebody lists. */
  keys: string[] | undefined;
  readonly listeners: Listeners;
  history: Change[];
  /** Changes up to and including this version are no longer in the history. */
  forgotten: number;
};

/**
 * All objects of the cluster: one global resourceVersion, one table a resource, a history for watches. Objects are
 * never changed in place: who reads one may keep it.
 */
export class Store {
  readonly #clock: Clock;
  readonly #tables = new Map<string, Table>();
  readonly #fieldSets = new FieldSets();
  #version = 1;
  #written: ((table: string, key: string, version: number, object: KubeObject | null) => void) | undefined;
  #line: MadeEvent | undefined;
  #frame: MadeEvent | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest resourceVersion given out. */
  get version(): number {
    return this.#version;
  }

  get(table: string, key: string): KubeObject | undefined {
    return this.#tables.get(table)?.objects.get(key)?.object;
  }

  /** Objects in order of key, those under `prefix` alone when one is given. */
  list(table: string, prefix = ""): KubeObject[] {
    const known = this.#tables.get(table);
    if (known === undefined) return [];
    known.keys ??= [...known.objects.keys()].sort();
    const { keys, objects } = known;
    const found: KubeObject[] = [];
    for (let at = prefix === "" ? 0 : firstFrom(keys, prefix); at < keys.length; at++) {
      const key = keys[at] ?? "";
      if (!key.startsWith(prefix)) break;
      const stored = objects.get(key);
      if (stored !== undefined) found.push(stored.object);
    }
    return found;
  }

  /**
   * The objects as they were at a past version: changes since then are taken back.
   * @throws KubeStatusError 410 when the history does not reach back that far
   */
  listAt(table: string, prefix: string, version: number): KubeObject[] {
    const known = this.#tables.get(table);
    if (known === undefined || version >= this.#version) return this.list(table, prefix);
    this.#forget(known);
    if (version < known.forgotten)
      throw expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
      );
    const objects = new Map([...known.objects.values()].map(({ key, object }) => [key, object]));
    for (const change of known.history.toReversed()) {
      if (change.resourceVersion <= version) break;
      const { name = "", namespace } = change.object.metadata;
      const key = namespace === undefined ? name : `${namespace}/${name}`;
      if (change.previous === undefined) objects.delete(key);
      else objects.set(key, change.previous);
    }
    return [...objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, object]) => object);
  }

  count(table: string): number {
    return this.#tables.get(table)?.objects.size ?? 0;
  }

  /** Every object of every table, in no order. */
  *everything(): Iterable<Stored & { readonly table: string }> {
    for (const [table, { objects }] of this.#tables) for (const stored of objects.values()) yield { ...stored, table };
  }

  /** Puts an object back as it was stored before, under its own version; who follows is told, history knows nothing. */
  restore(name: string, key: string, object: KubeObject, resourceVersion: number): void {
    const table = this.#table(name);
    const stored = freeze(object);
    table.objects.set(key, { key, object: stored, resourceVersion });
    table.keys = undefined;
    this.skipTo(resourceVersion);
    const change: Change = {
      type: "ADDED",
      resourceVersion,
      object: stored,
      previous: undefined,
      at: this.#clock.now(),
    };
    table.listeners.tell(change);
  }

  /** Versions up to this one have been given out: what comes is newer, and watches from before get 410. */
  skipTo(version: number): void {
    this.#version = Math.max(this.#version, version);
    this.compact();
  }

  /** Tells of each write once it is done, before anybody else hears of it; null for a deletion. */
  onWrite(told: (table: string, key: string, version: number, object: KubeObject | null) => void): void {
    this.#written = told;
  }

  /** Stores a new object, or what replaces an old one. Returns it with its resourceVersion. */
  put(table: string, key: string, object: KubeObject): KubeObject {
    const written = this.#table(table);
    const { objects } = written;
    const previous = objects.get(key)?.object;
    if (previous === undefined) written.keys = undefined;
    // Only who reads the past asks for the old state again: its text is not kept as long as the history.
    else texts.delete(previous);
    const resourceVersion = ++this.#version;
    // kind and apiVersion first: see itemJsonOf.
    const stored = freeze({
      ...headOf(object),
      ...object,
      metadata: {
        ...object.metadata,
        ...this.#fieldSets.ownershipOf(object),
        resourceVersion: String(resourceVersion),
      },
    });
    objects.set(key, { key, object: stored, resourceVersion });
    this.#written?.(table, key, resourceVersion, stored);
    this.#publish(table, {
      type: previous === undefined ? "ADDED" : "MODIFIED",
      resourceVersion,
      object: stored,
      previous,
      at: this.#clock.now(),
    });
    return stored;
  }

  /** Takes an object out; its last state carries the deletion's resourceVersion, as etcd's watchers see it. */
  delete(table: string, key: string): KubeObject | undefined {
    const found = this.#tables.get(table);
    const previous = found?.objects.get(key)?.object;
    if (found === undefined || previous === undefined) return undefined;
    found.objects.delete(key);
    found.keys = undefined;
    const resourceVersion = ++this.#version;
    const object = freeze({
      ...previous,
      metadata: { ...previous.metadata, resourceVersion: String(resourceVersion) },
    });
    this.#written?.(table, key, resourceVersion, null);
    this.#publish(table, { type: "DELETED", resourceVersion, object, previous, at: this.#clock.now() });
    return object;
  }

  /**
   * Follows a table from just after `version`: past changes first, in order, then each as it happens. With a
   * trigger, those alone that have its value before or after.
   * @throws KubeStatusError 410 when the history does not reach back that far
   */
  follow(table: string, version: number, listener: Listener, trigger?: Trigger): Disposable {
    const followed = this.#table(table);
    this.#forget(followed);
    if (version < followed.forgotten) throw expired(`too old resource version: ${version} (${followed.forgotten + 1})`);
    for (const change of followed.history) if (change.resourceVersion > version) listener(change);
    return followed.listeners.add(listener, trigger);
  }

  /** How many follow a table. */
  listening(table: string): number {
    return this.#tables.get(table)?.listeners.size ?? 0;
  }

  /** A watch event as its readers get it. All who listen to a change are told one after the other: it is made once. */
  eventLine(type: string, object: KubeObject): Buffer {
    this.#line = made(this.#line, type, object, () => Buffer.from(`{"type":"${type}","object":${jsonOf(object)}}\n`));
    return this.#line.bytes;
  }

  /** The same in the form of a reader of protobuf, which is given by who knows it. */
  eventFrame(type: string, object: KubeObject, make: () => Buffer): Buffer {
    this.#frame = made(this.#frame, type, object, make);
    return this.#frame.bytes;
  }

  /** Forgets all history, as etcd does when it compacts: the next watch from an old version gets 410. */
  compact(): void {
    for (const table of this.#tables.values()) {
      table.history = [];
      table.forgotten = this.#version;
    }
  }

  /** Drops a table and everything in it (a CustomResourceDefinition that went away). */
  drop(table: string): void {
    for (const { key } of [...(this.#tables.get(table)?.objects.values() ?? [])]) this.delete(table, key);
  }

  #table(name: string): Table {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = { objects: new Map(), keys: undefined, listeners: new Listeners(), history: [], forgotten: 0 };
      this.#tables.set(name, table);
    }
    return table;
  }

  #publish(name: string, change: Change): void {
    const table = this.#table(name);
    table.history.push(change);
    // Some more may gather first: not every write pays for a copy.
    if (table.history.length > HISTORY_CHANGES + HISTORY_SLACK) this.#forget(table);
    table.listeners.tell(change);
  }

  #forget(table: Table): void {
    const oldest = this.#clock.now() - HISTORY_MS;
    const first = table.history.findIndex(
      ({ at }, index) => at >= oldest && table.history.length - index <= HISTORY_CHANGES,
    );
    const cut = first < 0 ? table.history.length : first;
    if (cut === 0) return;
    table.forgotten = table.history[cut - 1]?.resourceVersion ?? table.forgotten;
    table.history = table.history.slice(cut);
  }
}

/** Where the first key stands that is not before `prefix`. */
function firstFrom(keys: readonly string[], prefix: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? "") < prefix) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Throws 409 unless `object` is still at `expected`; an empty expectation means any. */
export function assertVersion(expected: string | undefined, object: KubeObject, qualified: string): void {
  if (expected === undefined || expected === "" || expected === object.metadata.resourceVersion) return;
  throw conflict(
    qualified,
    object.metadata.name ?? "",
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

type MadeEvent = { readonly type: string; readonly object: KubeObject; readonly bytes: Buffer };

function made(last: MadeEvent | undefined, type: string, object: KubeObject, make: () => Buffer): MadeEvent {
  return last?.object === object && last.type === type ? last : { type, object, bytes: make() };
}

const headOf = ({ apiVersion, kind }: KubeObject): Pick<KubeObject, "kind" | "apiVersion"> => ({ kind, apiVersion });

/** Frozen at the top: enough to catch a writer that forgets to copy, and cheap. */
function freeze(object: KubeObject): KubeObject {
  Object.freeze(object.metadata);
  return Object.freeze(object);
}

const texts = new WeakMap<KubeObject, string>();

/** The JSON of a stored object, made once. Events are written, there are many of them, and hardly one is ever read. */
export function jsonOf(object: KubeObject): string {
  let text = texts.get(object);
  if (text === undefined) {
    text = JSON.stringify(object);
    if (Object.isFrozen(object) && object.kind !== "Event") texts.set(object, text);
  }
  return text;
}

/** The JSON of an object as an item of its list: without kind and apiVersion, which the list says for all. */
export function itemJsonOf(object: KubeObject): string {
  const { apiVersion, kind } = object;
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
  const text = jsonOf(object);
  return text.startsWith(head)
    ? `{${text.slice(head.length)}`
    : JSON.stringify({ ...object, kind: undefined, apiVersion: undefined });
}
