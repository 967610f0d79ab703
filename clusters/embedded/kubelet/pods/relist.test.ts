import { expect, test } from "vitest";
import { type Clock, VirtualClock } from "../../../../core/index.ts";
import type { ContainerRuntime, RuntimePod } from "../containers/runtime.ts";
import { kubeletTiming } from "../timing.ts";
import { Relist } from "./relist.ts";

/** A clock that is ahead of its own timers, as on a busy machine; and a runtime that says what it is told. */
function rig() {
  const base = new VirtualClock(0);
  let ahead = 0;
  const clock = new Proxy<Clock>(base, {
    get: (_, name) => {
      if (name === "now") return () => base.now() + ahead;
      const value: unknown = Reflect.get(base, name);
      return typeof value === "function" ? value.bind(base) : value;
    },
  });
  let pod: RuntimePod | undefined;
  let changed: (podUid: string) => void = () => {};
  const runtime = {
    podUids: () => [],
    pod: () => pod,
    onChange: (look: typeof changed) => {
      changed = look;
      return { [Symbol.dispose]: () => {} };
    },
  } as unknown as ContainerRuntime;
  const timing = kubeletTiming("virtual", { relist: 100 });
  const relist = new Relist({ clock, timing, origin: 0, runtime, onChange: () => {} });
  return {
    base,
    relist,
    fallBehind: (ms: number) => {
      ahead = ms;
    },
    start: () => {
      pod = { sandbox: undefined, containers: [] };
      changed("uid");
    },
  };
}

test("a listing that is late is waited for: its tick has passed, and shows nothing yet", async () => {
  const { base, relist, fallBehind, start } = rig();
  await base.advance(10);
  start();
  fallBehind(150);
  let isNewer = false;
  const newer = relist.newerThan(20).then(() => {
    isNewer = true;
  });
  await base.settle();
  expect([isNewer, relist.pod("uid")]).toEqual([false, undefined]);
  fallBehind(0);
  await base.advance(90);
  await newer;
  expect(relist.pod("uid")).toBeDefined();
});

test("a tick that passed with nothing to list is new enough", async () => {
  const { base, relist, start } = rig();
  start();
  await base.advance(250);
  await relist.newerThan(150);
  expect(relist.pod("uid")).toBeDefined();
});
