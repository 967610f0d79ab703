import { sameJson } from "../../../../core/index.ts";
import type { Pod } from "../types.ts";
import type { PodView } from "../volumes/pod-volumes.ts";
import { PodWorker, type PodWorkerSpec } from "./pod-worker.ts";

export type PodWorkersSpec = PodWorkerSpec & {
  /** Whether containers of the pod run, as the runtime was last listed. */
  readonly hasRunning: (podUid: string) => boolean;
  /** A pod is finished or gone: what is left of it may be cleared away. */
  readonly onLeft: () => void;
};

/** All pods of the node, by uid. */
export class PodWorkers implements PodView {
  readonly #spec: PodWorkersSpec;
  readonly #workers = new Map<string, PodWorker>();

  constructor(spec: PodWorkersSpec) {
    this.#spec = spec;
  }

  get(podUid: string): PodWorker | undefined {
    return this.#workers.get(podUid);
  }

  all(): PodWorker[] {
    return [...this.#workers.values()];
  }

  /** A pod that the API server has bound to the node. */
  add(pod: Pod): void {
    const { uid } = pod.metadata;
    const isOver = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    // What ended before this kubelet started needs no stopping any more.
    const stage = isOver && !this.#spec.hasRunning(uid) ? "terminated" : "syncing";
    const worker = new PodWorker(this.#spec, pod, stage);
    this.#workers.set(uid, worker);
    worker.update(pod);
  }

  /** Changes that matter to a running pod; those of its status are kubelet's own. */
  change(pod: Pod, old: Pod): void {
    if (isSame(pod, old)) return;
    this.#workers.get(pod.metadata.uid)?.update(pod);
  }

  remove(pod: Pod): void {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker === undefined) return;
    worker.vanish();
    this.#spec.onLeft();
  }

  /** A pod that runs although the API server knows nothing of it. */
  adopt(pod: Pod): void {
    const worker = new PodWorker(this.#spec, pod);
    this.#workers.set(pod.metadata.uid, worker);
    worker.vanish();
  }

  forget(podUid: string): void {
    this.#workers.delete(podUid);
  }

  pod(podUid: string): Pod | undefined {
    const worker = this.#workers.get(podUid);
    return worker?.isGone === false ? worker.pod : undefined;
  }

  mayStart(podUid: string): boolean {
    const worker = this.#workers.get(podUid);
    return worker?.stage === "syncing" || (worker?.stage === "terminating" && !worker.hasBegun);
  }

  /** Containers may still run: the pod is not yet to be shown as over. */
  mayRun(podUid: string): boolean {
    const stage = this.#workers.get(podUid)?.stage;
    return stage === "syncing" || stage === "terminating";
  }
}

const PARTS = ["labels", "annotations", "deletionTimestamp", "deletionGracePeriodSeconds"] as const;

/** What did not change is the very same in both, mostly (see `Informer`). */
function isSame(pod: Pod, old: Pod): boolean {
  return sameJson(pod.spec, old.spec) && PARTS.every((part) => sameJson(pod.metadata[part], old.metadata[part]));
}
