import type { Clock } from "../../../../core/index.ts";
import type { ContainerRuntime, RuntimePod } from "../containers/runtime.ts";
import { TickLoop } from "../ticks.ts";
import type { KubeletTiming } from "../timing.ts";

export type RelistSpec = {
  readonly clock: Clock;
  readonly timing: KubeletTiming;
  readonly origin: number;
  readonly runtime: ContainerRuntime;
  /** Something changed at the pod since the last listing. */
  readonly onChange: (podUid: string) => void;
};

/**
 * What kubelet knows of the runtime: a listing on ticks of one second (its "PLEG"). A sync of a pod that follows
 * another waits for a listing newer than that.
 */
export class Relist implements Disposable {
  readonly #spec: RelistSpec;
  readonly #ticks: TickLoop;
  readonly #listed = new Map<string, RuntimePod>();
  readonly #changed = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  readonly #subscription: Disposable;

  constructor(spec: RelistSpec) {
    this.#spec = spec;
    this.#ticks = new TickLoop({
      clock: spec.clock,
      name: "relist",
      periodMs: spec.timing.relist,
      origin: spec.origin,
      run: () => this.#list(),
    });
    for (const podUid of spec.runtime.podUids()) this.#take(podUid);
    this.#subscription = spec.runtime.onChange((podUid) => {
      this.#changed.add(podUid);
      this.#ticks.wake();
    });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#ticks[Symbol.dispose]();
  }

  /** The pod as it was at the last listing. */
  pod(podUid: string): RuntimePod | undefined {
    return this.#listed.get(podUid);
  }

  /** Resolves once there was a listing after `moment`. */
  async newerThan(moment: number): Promise<void> {
    // A tick that is late has listed nothing: what it would have shown might be started a second time.
    if (this.#ticks.lastTick() > moment && !this.#ticks.isLate()) return;
    this.#ticks.wake();
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  forget(podUid: string): void {
    this.#listed.delete(podUid);
    this.#changed.delete(podUid);
  }

  #take(podUid: string): void {
    const pod = this.#spec.runtime.pod(podUid);
    if (pod === undefined) this.#listed.delete(podUid);
    else this.#listed.set(podUid, pod);
  }

  #list(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const podUid of changed) this.#take(podUid);
    for (const wake of this.#waiting.splice(0)) wake();
    for (const podUid of changed) this.#spec.onChange(podUid);
  }
}
