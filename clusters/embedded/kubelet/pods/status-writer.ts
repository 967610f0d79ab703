import type { Clock, Log } from "../../../../core/index.ts";
import { isKubeStatus, type KubeClient } from "../../../../kube/client.ts";
import { Pods } from "../resources.ts";
import type { Pod, PodCondition, PodStatus } from "../types.ts";
import { rfc3339 } from "../values.ts";
import { withLostContainers } from "./status.ts";

type Entry = {
  pod: Pod;
  status: PodStatus;
  /** Raised by each change; what was sent last is `sent`. */
  version: number;
  sent: number;
  /** The pod is over and done with: its object may be deleted. */
  isFinished: boolean;
  isSending: boolean;
};

export type StatusWriterSpec = {
  readonly clock: Clock;
  readonly client: KubeClient;
  readonly log: Log;
  /** Containers may still run: a terminal phase waits until they don't. */
  readonly mayRun: (podUid: string) => boolean;
};

/** Keeps the status of each pod in the API server what it should be, and deletes pods that are finished. */
export class StatusWriter {
  readonly #spec: StatusWriterSpec;
  readonly #entries = new Map<string, Entry>();
  #isOver = false;

  constructor(spec: StatusWriterSpec) {
    this.#spec = spec;
  }

  /** Nothing is written from now on. */
  stop(): void {
    this.#isOver = true;
  }

  status(podUid: string): PodStatus | undefined {
    return this.#entries.get(podUid)?.status;
  }

  set(pod: Pod, status: PodStatus): void {
    const known = this.#entries.get(pod.metadata.uid);
    const full = this.#withTimes(status, known?.status ?? pod.status);
    if (known === undefined) {
      const entry = { pod, status: full, version: 1, sent: 0, isFinished: false, isSending: false };
      this.#entries.set(pod.metadata.uid, entry);
      this.#send(entry);
      return;
    }
    known.pod = pod;
    if (isSame(known.status, full)) return;
    known.status = full;
    known.version++;
    this.#send(known);
  }

  /** The pod is over: what the runtime lost counts as killed, and a deleted pod's object goes. */
  finish(pod: Pod, status: PodStatus): void {
    this.set(pod, withLostContainers(status));
    const entry = this.#entries.get(pod.metadata.uid);
    if (entry === undefined) return;
    entry.isFinished = true;
    entry.version++;
    this.#send(entry);
  }

  forget(podUid: string): void {
    this.#entries.delete(podUid);
  }

  #withTimes(status: PodStatus, before: PodStatus | undefined): PodStatus {
    const now = rfc3339(this.#spec.clock.now());
    const conditions = (status.conditions ?? []).map((condition): PodCondition => {
      const old = before?.conditions?.find(({ type }) => type === condition.type);
      const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
      return { ...condition, lastTransitionTime };
    });
    return { ...status, conditions, startTime: before?.startTime ?? now };
  }

  #send(entry: Entry): void {
    if (entry.isSending || this.#isOver) return;
    entry.isSending = true;
    const { clock, log } = this.#spec;
    const token = clock.activity.begin("kubelet pod status", 0); // whoever set it does not wait for it
    const work = async (): Promise<void> => {
      while (entry.sent < entry.version && !this.#isOver) {
        const version = entry.version;
        await this.#write(entry);
        entry.sent = version;
      }
    };
    void clock.activity
      .run(token, work)
      .catch((error: unknown) => log.warn("pod status was not written", { pod: entry.pod.metadata.name }, error))
      .finally(() => {
        entry.isSending = false;
        token.end();
      });
  }

  async #write(entry: Entry): Promise<void> {
    const { client } = this.#spec;
    const { name, namespace, uid } = entry.pod.metadata;
    const there = await client.find(Pods, name, namespace);
    if (there === undefined || there.metadata.uid !== uid) return this.forget(uid);
    const changes = changesOf(there.status ?? {}, this.#held(entry, there));
    if (Object.keys(changes).length > 0)
      try {
        const body = { metadata: { uid }, status: changes };
        await client.patch(Pods, { name, namespace }, "strategic", body, { subresource: "status" });
      } catch (error) {
        if (isKubeStatus(error, "NotFound", "Conflict")) return;
        throw error;
      }
    if (entry.isFinished && there.metadata.deletionTimestamp !== undefined) await this.#delete(entry);
  }

  /** A pod whose containers may still run is not yet shown as over. */
  #held(entry: Entry, there: Pod): PodStatus {
    const { phase } = entry.status;
    const isOver = phase === "Succeeded" || phase === "Failed";
    if (!isOver || !this.#spec.mayRun(entry.pod.metadata.uid)) return entry.status;
    const { reason: _reason, message: _message, ...status } = entry.status;
    return { ...status, phase: there.status?.phase ?? "Pending" };
  }

  async #delete({ pod }: Entry): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      await this.#spec.client.delete(Pods, { name, namespace }, options);
    } catch (error) {
      if (!isKubeStatus(error, "NotFound", "Conflict")) throw error;
    }
    this.forget(uid);
  }
}

function isSame(a: PodStatus, b: PodStatus): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A strategic-merge patch of a status: fields that differ, conditions merged by type. */
function changesOf(before: PodStatus, after: PodStatus): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(after)) {
    const old = (before as Record<string, unknown>)[field];
    if (field === "conditions") {
      const conditions = changedConditions(before.conditions ?? [], after.conditions ?? []);
      if (conditions.length > 0) changes[field] = conditions;
    } else if (!isDeepEqual(old, value)) changes[field] = value;
  }
  for (const field of ["podIP", "podIPs", "reason", "message"] as const)
    if (before[field] !== undefined && after[field] === undefined && field !== "podIP" && field !== "podIPs")
      changes[field] = null;
  return changes;
}

function changedConditions(before: readonly PodCondition[], after: readonly PodCondition[]): unknown[] {
  return after.flatMap((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    if (old !== undefined && isDeepEqual(old, { ...condition })) return [];
    // Fields that are no longer said have to be taken away by name.
    const gone = Object.fromEntries(
      (["reason", "message"] as const)
        .filter((field) => old?.[field] !== undefined && condition[field] === undefined)
        .map((field) => [field, null]),
    );
    return [{ ...gone, ...condition }];
  });
}

/** Equal as JSON, whatever the order of keys. */
function isDeepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return isNothing(a) && isNothing(b);
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => isDeepEqual(left[key], right[key]));
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}
