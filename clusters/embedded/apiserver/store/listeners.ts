import type { KubeObject } from "../../../../kube/types.ts";
import type { Change } from "./change.ts";

export type Listener = (change: Change) => void;

/** One value of one field, without which a listener has no use for a change. */
export type Trigger = {
  readonly field: string;
  readonly value: string;
  readonly read: (object: KubeObject) => string;
};

type Index = { readonly read: Trigger["read"]; readonly byValue: Map<string, Set<Listener>> };

/**
 * Who listens to a table. Listeners with a trigger are found by the values that a change has: a thousand kubelets, each
 * with its own pods, cost a change nothing.
 */
export class Listeners {
  readonly #all = new Set<Listener>();
  readonly #indexes = new Map<string, Index>();

  get size(): number {
    let count = this.#all.size;
    for (const { byValue } of this.#indexes.values()) for (const { size } of byValue.values()) count += size;
    return count;
  }

  add(listener: Listener, trigger?: Trigger): Disposable {
    const set = trigger === undefined ? this.#all : this.#setOf(trigger);
    set.add(listener);
    return {
      [Symbol.dispose]: () => {
        set.delete(listener);
        if (trigger !== undefined && set.size === 0) this.#forget(trigger, set);
      },
    };
  }

  tell(change: Change): void {
    for (const listener of [...this.#all]) listener(change);
    for (const { read, byValue } of this.#indexes.values()) {
      const now = read(change.object);
      const before = change.previous === undefined ? now : read(change.previous);
      for (const listener of [...(byValue.get(now) ?? [])]) listener(change);
      if (before !== now) for (const listener of [...(byValue.get(before) ?? [])]) listener(change);
    }
  }

  #forget({ field, value }: Trigger, set: Set<Listener>): void {
    const byValue = this.#indexes.get(field)?.byValue;
    if (byValue?.get(value) !== set) return;
    byValue.delete(value);
    if (byValue.size === 0) this.#indexes.delete(field);
  }

  #setOf({ field, value, read }: Trigger): Set<Listener> {
    let index = this.#indexes.get(field);
    if (index === undefined) {
      index = { read, byValue: new Map() };
      this.#indexes.set(field, index);
    }
    let set = index.byValue.get(value);
    if (set === undefined) {
      set = new Set();
      index.byValue.set(value, set);
    }
    return set;
  }
}
