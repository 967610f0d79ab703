import type { Clock, Log } from "../../../core/index.ts";
import { isKubeStatus, type KubeClient } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/types.ts";
import { Events } from "./resources.ts";
import type { Pod } from "./types.ts";
import { rfc3339 } from "./values.ts";

/** From the 10th differing text of one reason within ten minutes on, events are combined (client-go, measured). */
const COMBINE_FROM = 10;
const COMBINE_WITHIN_MS = 600_000;
/** Each object has 25 events of one reason to start with and gets one more every 5 minutes (measured). */
const BURST = 25;
const REFILL_MS = 300_000;
/** Entries kept of each kind, as client-go's caches do. */
const MEMORY = 4096;

export type EventToPost = {
  readonly pod: Pod;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** `spec.containers{name}` for what concerns one container. */
  readonly fieldPath?: string;
};

type Observed = { count: number; name: string; first: string };
type Similar = { texts: Set<string>; last: number };
type Bucket = { tokens: number; at: number };

/** What became of an event: a new object, a raised count of an old one, or nothing. */
export type EventDecision =
  | { readonly kind: "create"; readonly key: string; readonly message: string; readonly observed: Observed }
  | { readonly kind: "count"; readonly key: string; readonly message: string; readonly observed: Observed }
  | { readonly kind: "drop" };

/**
 * Decides what is written for an event, as client-go's correlator does: equal texts raise a count, many differing
 * ones are combined, and an object that causes too many is rate-limited.
 */
export class EventCorrelator {
  #written = 0;
  readonly #observed = new Map<string, Observed>();
  readonly #similar = new Map<string, Similar>();
  readonly #buckets = new Map<string, Bucket>();

  decide(event: EventToPost, now: number): EventDecision {
    const { metadata } = event.pod;
    const object = `${metadata.namespace}/${metadata.name}/${metadata.uid}`;
    const group = `${object}|${event.type}|${event.reason}`;
    const isCombined = this.#combines(group, event.message, now);
    const message = isCombined ? `(combined from similar events): ${event.message}` : event.message;
    const key = isCombined ? group : `${group}|${event.fieldPath ?? ""}|${event.message}`;
    const known = this.#observed.get(key);
    const time = rfc3339(now);
    const observed: Observed =
      known === undefined
        ? { count: 1, name: `${metadata.name}.${nanoseconds(now)}${this.#suffix()}`, first: time }
        : { ...known, count: known.count + 1 };
    remember(this.#observed, key, observed);
    if (!this.#admits(group, now)) return { kind: "drop" };
    return { kind: known === undefined ? "create" : "count", key, message, observed };
  }

  /** A count could not be raised because the object is gone: the next event is a new object. */
  forget(key: string): void {
    this.#observed.delete(key);
  }

  #combines(group: string, text: string, now: number): boolean {
    let similar = this.#similar.get(group);
    if (similar === undefined || now - similar.last > COMBINE_WITHIN_MS) similar = { texts: new Set(), last: now };
    remember(this.#similar, group, similar);
    similar.texts.add(text);
    similar.last = now;
    if (similar.texts.size < COMBINE_FROM) return false;
    const [oldest] = similar.texts;
    if (oldest !== undefined) similar.texts.delete(oldest);
    return true;
  }

  #admits(group: string, now: number): boolean {
    const bucket = this.#buckets.get(group) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL_MS);
    const isAdmitted = tokens >= 1;
    remember(this.#buckets, group, { tokens: isAdmitted ? tokens - 1 : tokens, at: now });
    return isAdmitted;
  }

  /** Events of one moment need names of their own; real ones differ in nanoseconds. */
  #suffix(): string {
    return (this.#written++ & 0xffff).toString(16).padStart(4, "0");
  }
}

/** Keeps the most recently used entries. */
function remember<V>(entries: Map<string, V>, key: string, value: V): void {
  entries.delete(key);
  entries.set(key, value);
  if (entries.size <= MEMORY) return;
  for (const oldest of entries.keys()) return void entries.delete(oldest);
}

function nanoseconds(now: number): string {
  return (BigInt(Math.round(now)) * 1_000_000n).toString(16);
}

/** Writes events of the node's kubelet to the API server, those of one pod in order, and never fails its caller. */
export class PodEvents {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #node: string;
  readonly #correlator = new EventCorrelator();
  readonly #tails = new Map<string, Promise<void>>();
  #isOver = false;

  constructor(spec: { readonly client: KubeClient; readonly clock: Clock; readonly log: Log; readonly node: string }) {
    this.#client = spec.client;
    this.#clock = spec.clock;
    this.#log = spec.log;
    this.#node = spec.node;
  }

  /** Nothing is posted from now on. */
  stop(): void {
    this.#isOver = true;
  }

  post(event: EventToPost): void {
    if (this.#isOver) return;
    const now = this.#clock.now();
    const decision = this.#correlator.decide(event, now);
    if (decision.kind === "drop") return;
    const { uid } = event.pod.metadata;
    const token = this.#clock.activity.begin("kubelet event", 0); // nobody waits for an event
    const tail = (this.#tails.get(uid) ?? Promise.resolve())
      .then(() => this.#write(event, decision, rfc3339(now)))
      .catch((cause: unknown) => this.#log.warn("event was not written", { reason: event.reason }, cause))
      .finally(() => {
        if (this.#tails.get(uid) === tail) this.#tails.delete(uid);
        token.end();
      });
    this.#tails.set(uid, tail);
  }

  async #write(event: EventToPost, decision: Exclude<EventDecision, { kind: "drop" }>, time: string): Promise<void> {
    const { observed } = decision;
    const target = { name: observed.name, namespace: event.pod.metadata.namespace };
    if (decision.kind === "count") {
      try {
        const body = { count: observed.count, lastTimestamp: time, message: decision.message };
        await this.#client.patch(Events, target, "strategic", body);
        return;
      } catch (error) {
        if (!isKubeStatus(error, "NotFound")) throw error;
      }
    }
    await this.#client.create(Events, this.#object(event, decision.message, observed, time));
  }

  #object(event: EventToPost, message: string, observed: Observed, time: string): KubeObject {
    const { metadata } = event.pod;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: observed.name, namespace: metadata.namespace },
      involvedObject: {
        kind: "Pod",
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
        apiVersion: "v1",
        ...(metadata.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
        ...(event.fieldPath !== undefined && { fieldPath: event.fieldPath }),
      },
      reason: event.reason,
      message,
      source: { component: "kubelet", host: this.#node },
      firstTimestamp: observed.first,
      lastTimestamp: time,
      count: observed.count,
      type: event.type,
      eventTime: null,
      reportingComponent: "kubelet",
      reportingInstance: this.#node,
    };
  }
}
