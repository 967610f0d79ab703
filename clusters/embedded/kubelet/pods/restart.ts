import type { RuntimeContainer } from "../containers/runtime.ts";
import type { KubeletTiming } from "../timing.ts";
import type { Container, Pod } from "../types.ts";

/** A sidecar: an init container that runs on beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

/** Whether an init container has done its part. */
export function isInitialized(container: Container, newest: RuntimeContainer | undefined): boolean {
  if (newest === undefined) return false;
  return isSidecar(container) ? newest.state === "running" : newest.state === "exited" && newest.exitCode === 0;
}

/** Whether a container that does not run is to be started (again). */
export function shouldRestart(pod: Pod, container: Container, newest: RuntimeContainer | undefined): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  if (newest === undefined) return true;
  if (newest.state === "running") return false;
  if (isSidecar(container)) return true;
  const { restartPolicy = "Always" } = pod.spec;
  return restartPolicy === "Always" || (restartPolicy === "OnFailure" && newest.exitCode !== 0);
}

type Entry = { wait: number; updatedAt: number };

/** Waits between restarts of a container: none before the first, then 10 s, doubled up to 5 minutes. */
export class RestartBackoff {
  readonly #timing: KubeletTiming;
  readonly #entries = new Map<string, Entry>();

  constructor(timing: KubeletTiming) {
    this.#timing = timing;
  }

  /** @returns how long the container has to wait in all, in ms, while it must; undefined when it may start now */
  waitOf(key: string, endedAt: number, now: number): number | undefined {
    const entry = this.#fresh(key, endedAt);
    return entry !== undefined && now - endedAt < entry.wait ? entry.wait : undefined;
  }

  /** A start after an end counts. */
  started(key: string, endedAt: number, now: number): void {
    const entry = this.#fresh(key, endedAt);
    const { restartFirst, restartLongest } = this.#timing;
    const wait = entry === undefined ? restartFirst : Math.min(entry.wait * 2, restartLongest);
    this.#entries.set(key, { wait, updatedAt: now });
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  /** A container that ran long enough starts over. */
  #fresh(key: string, endedAt: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || endedAt - entry.updatedAt > this.#timing.restartLongest * 2) return undefined;
    return entry;
  }
}
