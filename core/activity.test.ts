import { describe, expect, test } from "vitest";
import { Activity } from "./activity.ts";

describe("activity", () => {
  test("counts what is held and wakes who waits for rest", async () => {
    const activity = new Activity();
    const token = activity.begin("a call");
    let idle = false;
    const waiting = activity.whenIdle().then(() => {
      idle = true;
    });
    await Promise.resolve();
    expect(idle).toBe(false);
    expect(activity.describe()).toEqual(["a call"]);
    token.end();
    token.end();
    await waiting;
    expect(activity.count).toBe(0);
  });

  test("a hang parks everybody who waits for it, and its end makes them count again", async () => {
    const activity = new Activity({ chained: true });
    const outer = activity.begin("kubelet's call");
    const middle = activity.run(outer, () => activity.begin("driver's call"));
    const inner = activity.begin("provider", middle.id);
    inner.park();
    expect(activity.count).toBe(0);
    inner.unpark();
    expect(activity.count).toBe(3);
    inner.park();
    inner.end();
    expect(activity.count).toBe(2);
  });

  test("work beside a hang still counts", () => {
    const activity = new Activity({ chained: true });
    const outer = activity.begin("mount");
    const hung = activity.begin("fetch 1", outer.id);
    activity.begin("fetch 2", outer.id);
    hung.park();
    expect(activity.describe()).toEqual(["fetch 2"]);
  });

  test("calling work off makes what hangs below it count until it has ended", () => {
    const activity = new Activity({ chained: true });
    const outer = activity.begin("call");
    const hung = activity.begin("served", outer.id);
    hung.park();
    outer.callOff();
    outer.end();
    expect(activity.describe()).toEqual(["served"]);
    hung.end();
    expect(activity.count).toBe(0);
  });

  test("a channel holds a token for each event its reader has not seen", () => {
    const activity = new Activity();
    const channel = activity.openChannel("w1");
    activity.channel("w1")?.sent();
    activity.channel("w1")?.sent();
    expect(activity.count).toBe(2);
    channel.received();
    expect(activity.count).toBe(1);
    channel.close();
    expect(activity.count).toBe(0);
    expect(activity.channel("w1")).toBeUndefined();
  });
});
