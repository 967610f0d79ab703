import { expect, test } from "vitest";
import { VirtualClock } from "../../core/index.ts";
import { ClientLimit } from "./index.ts";

/** How long 24 mounts at once took on the real Vault provider (recording VT-rate), each one call at the API server. */
const RECORDED = [
  63, 63, 63, 65, 68, 70, 78, 79, 83, 83, 220, 418, 620, 820, 1018, 1219, 1420, 1618, 1817, 2019, 2217, 2421, 2624,
  2821,
];

test("24 calls at once get their turns as the real client gives them", async () => {
  const clock = new VirtualClock(0);
  const limit = new ClientLimit(clock, { qps: 5, burst: 10 });
  const turns: number[] = [];
  for (const _ of RECORDED) void limit.turn().then(() => turns.push(clock.now()));
  await clock.advance(10_000);
  expect(turns).toEqual(RECORDED.map((ms) => Math.floor(ms / 200) * 200 + (ms % 200 > 190 ? 200 : 0)));
});

test("a pause fills the bucket, and without a rate there is no limit", async () => {
  const clock = new VirtualClock(0);
  const limit = new ClientLimit(clock, { qps: 5, burst: 2 });
  await limit.turn();
  await limit.turn();
  let isLate = true;
  void limit.turn().then(() => {
    isLate = false;
  });
  await clock.advance(199);
  expect(isLate).toBe(true);
  await clock.advance(1);
  expect(isLate).toBe(false);
  await new ClientLimit(clock, { qps: 0, burst: 0 }).turn();
});

test("who gives up leaves the queue at once", async () => {
  const clock = new VirtualClock(0);
  const limit = new ClientLimit(clock, { qps: 1, burst: 1 });
  await limit.turn();
  const gone = new AbortController();
  const turn = limit.turn(gone.signal);
  gone.abort(new Error("given up"));
  await expect(turn).rejects.toThrow("given up");
});
