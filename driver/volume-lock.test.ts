import { describe, expect, test } from "vitest";
import { RealClock } from "../core/index.ts";
import { VolumeLock } from "./volume-lock.ts";

describe("a volume's lock", () => {
  const never = new AbortController().signal;

  test("lets one in at a time, in order, and other volumes pass", async () => {
    const lock = new VolumeLock(new RealClock());
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = lock.run("a", never, async () => {
      seen.push("a1");
      await gate.promise;
      seen.push("a1 done");
    });
    const second = lock.run("a", never, async () => void seen.push("a2"));
    const third = lock.run("a", never, async () => void seen.push("a3"));
    await lock.run("b", never, async () => void seen.push("b"));
    gate.resolve();
    await Promise.all([first, second, third]);
    expect(seen).toEqual(["a1", "b", "a1 done", "a2", "a3"]);
  });

  test("who gives up does not let the next one in early", async () => {
    const lock = new VolumeLock(new RealClock());
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = lock.run("a", never, () => gate.promise);
    const patience = new AbortController();
    const second = lock.run("a", patience.signal, async () => void seen.push("second"));
    const third = lock.run("a", never, async () => void seen.push("third"));
    patience.abort(new Error("enough"));
    await expect(second).rejects.toMatchObject({ code: 4 });
    expect(seen).toEqual([]);
    gate.resolve();
    await Promise.all([first, third]);
    expect(seen).toEqual(["third"]);
  });

  test("a failure frees the volume", async () => {
    const lock = new VolumeLock(new RealClock());
    await expect(lock.run("a", never, () => Promise.reject(new Error("x")))).rejects.toThrow("x");
    expect(await lock.run("a", never, async () => "next")).toBe("next");
  });
});
