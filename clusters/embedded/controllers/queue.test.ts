import { expect, test } from "vitest";
import { silentLog, VirtualClock } from "../../../core/index.ts";
import { startQueue } from "./queue.ts";

test("works on a key once at a time, and once more when it changed meanwhile", async () => {
  const clock = new VirtualClock(0);
  const gates: PromiseWithResolvers<void>[] = [];
  let most = 0;
  let now = 0;
  await using queue = startQueue({
    name: "test",
    clock,
    log: silentLog,
    workers: 4,
    reconcile: async () => {
      now++;
      most = Math.max(most, now);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      now--;
    },
  });
  queue.add("a");
  queue.add("a");
  queue.add("a");
  gates[0]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(gates).toHaveLength(2);
  gates[1]?.resolve();
  await clock.settle();
  expect(gates).toHaveLength(2);
  expect(most).toBe(1);
});

test("tries a failed key again after 5, 10, 20 ms", async () => {
  const clock = new VirtualClock(0);
  const at: number[] = [];
  await using queue = startQueue({
    name: "test",
    clock,
    log: silentLog,
    reconcile: async () => {
      at.push(clock.now());
      if (at.length < 4) throw new Error("not yet");
    },
  });
  queue.add("a");
  await clock.advance(1000);
  expect(at).toEqual([0, 5, 15, 35]);
});
