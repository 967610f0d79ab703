import { expect, test } from "vitest";
import { RealClock } from "./index.ts";

test("a clock that runs faster starts now, and its timers come sooner by as much", async () => {
  const clock = new RealClock({ speed: 1000 });
  const began = clock.now();
  const wall = clock.wall();
  expect(Math.abs(began - wall)).toBeLessThan(10_000);
  await clock.sleep(60_000);
  expect(clock.now() - began).toBeGreaterThanOrEqual(60_000);
  expect(clock.wall() - wall).toBeLessThan(30_000);
});
