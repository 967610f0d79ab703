import type { Mounter, TargetState } from "../mounter/index.ts";

export type Spoiled = Extract<TargetState, { readonly kind: "dead" | "unreadable" }>;

/** A mounter some of whose mounts are broken, as those of servers that have gone are; unmounting takes that away. */
export type SpoilableMounter = Mounter & { spoil(target: string, state: Spoiled): void };

export function spoilable(mounter: Mounter): SpoilableMounter {
  const spoiled = new Map<string, Spoiled>();
  return {
    kind: mounter.kind,
    inspect: (target) => spoiled.get(target) ?? mounter.inspect(target),
    mount: (target) => mounter.mount(target),
    unmount: (target, options) => {
      if (!spoiled.delete(target)) mounter.unmount(target, options);
    },
    spoil: (target, state) => void spoiled.set(target, state),
  };
}
