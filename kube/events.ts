import { createHash } from "node:crypto";
import { type ActivityToken, type Clock, type Log, Scope } from "../core/index.ts";
import { isKubeStatus, type KubeClient } from "./client.ts";
import { Events } from "./resources.ts";
import type { KubeObject } from "./types.ts";

export type EventRecorderOptions = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** `source.component` */
  readonly component: string;
  /** `source.host` */
  readonly host?: string;
};

/** What an event is about: an object, or as much of one as is known. */
export type EventTarget = Pick<KubeObject, "apiVersion" | "kind" | "metadata">;

/** Writes core/v1 Events: the first as a POST, each repetition as a PATCH of its count. */
export interface EventRecorder extends AsyncDisposable {
  record(target: EventTarget, type: "Normal" | "Warning", reason: string, message: string): void;
}

/** Events that are remembered for their repetitions, the oldest are forgotten first (client-go, maxLruCacheEntries). */
const REMEMBERED = 4096;

type Known = { readonly name: string; readonly namespace: string; count: number };

/** Events are told in order and never hold up who records them; one that cannot be written is logged and lost. */
export function startEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock, log } = options;
  const scope = new Scope(`events of ${options.component}`);
  const known = new Map<string, Known>();
  let last: Promise<void> = Promise.resolve();

  const write = async (
    target: EventTarget,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
  ): Promise<void> => {
    const now = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
    const namespace = target.metadata.namespace ?? "default";
    const key = [target.kind, namespace, target.metadata.name, target.metadata.uid, type, reason, message].join(
      "\u0000",
    );
    const before = known.get(key);
    if (before !== undefined) {
      known.delete(key); // and to the end: the one that was repeated last is forgotten last
      known.set(key, before);
      before.count++;
      try {
        await client.patch(Events, { name: before.name, namespace }, "merge", {
          count: before.count,
          lastTimestamp: now,
        });
        return;
      } catch (error) {
        if (!isKubeStatus(error, "NotFound")) throw error; // its hour is over: a new one is written
      }
    }
    const suffix = createHash("sha256").update(`${key}${clock.now()}`).digest("hex").slice(0, 16);
    const name = `${target.metadata.name}.${suffix}`;
    await client.create(Events, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: target.apiVersion,
        kind: target.kind,
        name: target.metadata.name,
        ...(target.metadata.namespace !== undefined && { namespace: target.metadata.namespace }),
        ...(target.metadata.uid !== undefined && { uid: target.metadata.uid }),
        ...(target.metadata.resourceVersion !== undefined && { resourceVersion: target.metadata.resourceVersion }),
      },
      type,
      reason,
      message,
      source: { component: options.component, ...(options.host !== undefined && { host: options.host }) },
      reportingComponent: options.component,
      reportingInstance: options.host ?? "",
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
    known.set(key, { name, namespace, count: 1 });
    if (known.size > REMEMBERED) for (const oldest of known.keys()) return void known.delete(oldest);
  };

  return {
    record: (target, type, reason, message) => {
      if (scope.signal.aborted) return;
      const token: ActivityToken = clock.activity.begin(`event ${reason}`, 0); // nobody waits for an event
      last = last
        .then(() => (scope.signal.aborted ? undefined : write(target, type, reason, message)))
        .catch((error: unknown) => {
          if (!scope.signal.aborted) log.warn(`event "${reason}" could not be written`, {}, error);
        })
        .finally(() => token.end());
    },
    [Symbol.asyncDispose]: async () => {
      await scope[Symbol.asyncDispose]();
      await last;
    },
  };
}
