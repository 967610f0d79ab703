import { describe, expect, test } from "vitest";
import { seconds, VirtualClock } from "../../core/index.ts";
import { startRotationQueue } from "./queue.ts";

describe("the rotation queue", () => {
  test("lets time pass while one key's work hangs and others wait for it", async () => {
    const clock = new VirtualClock();
    const began: string[] = [];
    await using queue = startRotationQueue(clock, async (key, signal) => {
      began.push(`${key} at ${clock.now() - start}`);
      const call = clock.activity.begin("a provider that hangs");
      call.park();
      await clock.sleep(seconds(10), { signal }).catch(() => undefined); // the end of the queue ends it
      call.end();
      return { kind: "done" };
    });
    const start = clock.now();
    for (const key of ["a", "b", "a"]) queue.add(key);
    expect(await clock.advanceUntil(() => began.length === 3, seconds(30))).toBe(true);
    // What is at work may become due again; what waits already may not.
    expect(began).toEqual(["a at 0", "b at 10000", "a at 20000"]);
  });

  test("keeps the clock until the last of those that wait is done", async () => {
    const clock = new VirtualClock();
    const done: string[] = [];
    await using queue = startRotationQueue(clock, async (key) => {
      await new Promise((resolve) => setImmediate(resolve));
      done.push(key);
      return { kind: "done" };
    });
    for (const key of ["a", "b", "c"]) queue.add(key);
    await clock.advance(0);
    expect(done).toEqual(["a", "b", "c"]);
  });

  test("gives a key up that is not found five times, and forgets that once it was found", async () => {
    const clock = new VirtualClock();
    const at: number[] = [];
    await using queue = startRotationQueue(clock, async () => {
      at.push(clock.now() - start);
      return { kind: "limited" };
    });
    const start = clock.now();
    queue.add("a");
    await clock.advance(seconds(60));
    expect(at).toEqual([0, 5, 15, 35, 75, 155]);
  });
});
