import { expect, test } from "vitest";
import { VirtualClock } from "../../../core/index.ts";
import { TickLoop } from "./ticks.ts";

function loop(run: (now: number) => void): { clock: VirtualClock; loop: TickLoop } {
  const clock = new VirtualClock(0);
  return { clock, loop: new TickLoop({ clock, name: "test", periodMs: 100, origin: 0, run: () => run(clock.now()) }) };
}

test("sets no timer until it is woken", () => {
  const { clock } = loop(() => {});
  expect(clock.nextDue()).toBeUndefined();
});

test("runs once at the next multiple of its period, however often it is woken", async () => {
  const ran: number[] = [];
  const { clock, loop: ticks } = loop((now) => ran.push(now));
  await clock.advance(30);
  ticks.wake();
  ticks.wake();
  await clock.advance(1000);
  expect(ran).toEqual([100]);
});

test("a change at a tick is seen at the following one", async () => {
  const ran: number[] = [];
  const { clock, loop: ticks } = loop((now) => ran.push(now));
  await clock.advance(200);
  ticks.wake();
  await clock.advance(1000);
  expect(ran).toEqual([300]);
});

test("an earlier wake replaces a later one, and the run can ask for more", async () => {
  const ran: number[] = [];
  const { clock, loop: ticks } = loop((now) => {
    ran.push(now);
    if (now < 300) ticks.wake();
  });
  ticks.wakeAt(500);
  ticks.wakeAt(101);
  await clock.advance(1000);
  expect(ran).toEqual([200, 300]);
});

test("an instant on a tick is served by that tick", async () => {
  const ran: number[] = [];
  const { clock, loop: ticks } = loop((now) => ran.push(now));
  ticks.wakeAt(500);
  await clock.advance(1000);
  expect(ran).toEqual([500]);
});

test("stays silent after disposal", async () => {
  const ran: number[] = [];
  const { clock, loop: ticks } = loop((now) => ran.push(now));
  ticks.wake();
  ticks[Symbol.dispose]();
  ticks.wake();
  await clock.advance(1000);
  expect(ran).toEqual([]);
});
