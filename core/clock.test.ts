import { describe, expect, test } from "vitest";
import { minutes, RealClock, seconds, VirtualClock } from "./clock.ts";

describe("the virtual clock", () => {
  test("fires timers in order of due time, then of creation, and stands where it was told to", async () => {
    const clock = new VirtualClock(0);
    const fired: string[] = [];
    clock.timer(seconds(2), () => fired.push(`b@${clock.now()}`));
    clock.timer(seconds(1), () => fired.push(`a@${clock.now()}`));
    clock.timer(seconds(2), () => fired.push(`c@${clock.now()}`));
    clock.timer(seconds(9), () => fired.push("never"));
    await clock.advance(seconds(5));
    expect(fired).toEqual(["a@1000", "b@2000", "c@2000"]);
    expect(clock.now()).toBe(5000);
  });

  test("lets what a timer set off settle before the next one fires", async () => {
    const clock = new VirtualClock(0);
    const log: string[] = [];
    const work = async (): Promise<void> => {
      await clock.activity.track("work", async () => {
        await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
      });
      log.push(`worked at ${clock.now()}`);
      await clock.sleep(500);
      log.push(`slept until ${clock.now()}`);
    };
    clock.timer(1000, () => void work());
    clock.timer(2000, () => log.push("second timer"));
    await clock.advance(3000);
    expect(log).toEqual(["worked at 1000", "slept until 1500", "second timer"]);
  });

  test("advances until something holds, and says when it never did", async () => {
    const clock = new VirtualClock(0);
    let ready = false;
    clock.timer(minutes(3), () => {
      ready = true;
    });
    expect(await clock.advanceUntil(() => ready, minutes(2))).toBe(false);
    expect(clock.now()).toBe(minutes(2));
    expect(await clock.advanceUntil(() => ready, minutes(2))).toBe(true);
    expect(clock.now()).toBe(minutes(3));
  });

  test("a cancelled timer never fires, an aborted sleep rejects with the reason", async () => {
    const clock = new VirtualClock(0);
    let fired = false;
    clock
      .timer(10, () => {
        fired = true;
      })
      .cancel();
    const controller = new AbortController();
    const sleeping = clock.sleep(10, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
    await clock.advance(100);
    expect(fired).toBe(false);
    expect(clock.nextDue()).toBeUndefined();
  });

  test("a deadline aborts when it passes and not after it was given back", async () => {
    const clock = new VirtualClock(0);
    const passed = clock.deadline(seconds(1));
    const met = clock.deadline(seconds(1));
    met[Symbol.dispose]();
    expect(passed.remaining()).toBe(1000);
    await clock.advance(seconds(2));
    expect(passed.signal.aborted).toBe(true);
    expect(String(passed.signal.reason)).toContain("deadline of 1000 ms exceeded");
    expect(passed.remaining()).toBe(0);
    expect(met.signal.aborted).toBe(false);
  });

  test("refuses to be moved by two at once", async () => {
    const clock = new VirtualClock(0);
    const first = clock.advance(10);
    await expect(clock.advance(10)).rejects.toThrow("already being moved");
    await first;
  });
});

describe("the real clock", () => {
  test("sleeps at least as long as asked and can be aborted", async () => {
    const clock = new RealClock();
    const before = clock.wall();
    await clock.sleep(15);
    expect(clock.wall() - before).toBeGreaterThanOrEqual(13);
    await expect(clock.sleep(60_000, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });
});
