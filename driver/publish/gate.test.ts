import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rulesOf } from "../behaviour.ts";
import type { TargetState } from "../mounter/index.ts";
import { decidePublish, type GateFacts } from "./gate.ts";

const INTERVAL = 120_000;
const NOW = 1_000_000;
const mounted: TargetState = { kind: "mounted", mtimeMs: NOW - 10, names: ["..data"] };
const unmounted: TargetState = { kind: "unmounted", mtimeMs: NOW - 10 };
const facts = (changes: Partial<GateFacts> = {}): GateFacts => ({
  target: mounted,
  isComplete: true,
  rotationIntervalMs: INTERVAL,
  lastPublishedAt: NOW - INTERVAL,
  restrainedUntil: undefined,
  now: NOW,
  rules: rulesOf("hardened"),
  ...changes,
});

describe("in hardened a publish", () => {
  test("waits while the store asks for fewer calls, though the interval is over", () => {
    expect(decidePublish(facts({ restrainedUntil: NOW + 1 }))).toEqual({ kind: "skip", reason: "throttled" });
    expect(decidePublish(facts({ restrainedUntil: NOW }))).toEqual({ kind: "republish" });
  });

  test("is due again one interval after the last that succeeded, and not a millisecond before", () => {
    expect(decidePublish(facts())).toEqual({ kind: "republish" });
    expect(decidePublish(facts({ lastPublishedAt: NOW - INTERVAL + 1 }))).toEqual({ kind: "skip", reason: "not due" });
  });

  test("is due at once after a restart", () => {
    expect(decidePublish(facts({ lastPublishedAt: undefined }))).toEqual({ kind: "republish" });
  });

  test("is the first for whatever is not mounted, or not complete, however young it is", () => {
    for (const target of [unmounted, { kind: "absent" } as const])
      expect(decidePublish(facts({ target }))).toMatchObject({ kind: "first", isMounted: false });
    expect(decidePublish(facts({ isComplete: false }))).toEqual({ kind: "first", isMounted: true, detach: false });
    expect(decidePublish(facts({ isComplete: false, rotationIntervalMs: undefined }))).toMatchObject({ kind: "first" });
  });

  test("is left out for a mounted volume while rotation is off", () => {
    expect(decidePublish(facts({ rotationIntervalMs: undefined }))).toEqual({
      kind: "skip",
      reason: "already mounted",
    });
  });

  test("detaches what is dead and starts anew", () => {
    for (const target of [
      { kind: "dead", error: "stat x: transport endpoint is not connected" },
      { kind: "unreadable", mtimeMs: NOW, error: "open x: no such process" },
    ] as const)
      expect(decidePublish(facts({ target }))).toEqual({ kind: "first", isMounted: false, detach: true });
  });
});

describe("upstream", () => {
  const rules = rulesOf("upstream-1.6");
  test("lets the directory's age decide first (B1)", () => {
    expect(decidePublish(facts({ rules, target: unmounted }))).toEqual({ kind: "skip", reason: "not due" });
    const old: TargetState = { kind: "unmounted", mtimeMs: NOW - INTERVAL };
    expect(decidePublish(facts({ rules, target: old }))).toMatchObject({ kind: "first" });
    const oldMount: TargetState = { kind: "mounted", mtimeMs: NOW - INTERVAL, names: [] };
    expect(decidePublish(facts({ rules, target: oldMount, isComplete: false }))).toEqual({ kind: "republish" });
  });

  test("refuses a dead mount for ever, and one that cannot be listed once", () => {
    const dead: TargetState = { kind: "dead", error: "e" };
    expect(decidePublish(facts({ rules, target: dead }))).toEqual({ kind: "refuse", error: "e", unmount: false });
    const unreadable: TargetState = { kind: "unreadable", mtimeMs: 0, error: "e" };
    expect(decidePublish(facts({ rules, target: unreadable }))).toEqual({ kind: "refuse", error: "e", unmount: true });
  });

  test("before 1.6 leaves every mount alone", () => {
    const legacy = rulesOf("upstream-1.5");
    const old: TargetState = { kind: "mounted", mtimeMs: 0, names: [] };
    expect(decidePublish(facts({ rules: legacy, target: old }))).toEqual({ kind: "skip", reason: "already mounted" });
    expect(decidePublish(facts({ rules: legacy, target: unmounted }))).toMatchObject({ kind: "first" });
  });
});

const anyTarget = fc.oneof(
  fc.constant<TargetState>({ kind: "absent" }),
  fc.record({ kind: fc.constant("unmounted" as const), mtimeMs: fc.integer({ min: 0, max: NOW }) }),
  fc.record({
    kind: fc.constant("mounted" as const),
    mtimeMs: fc.integer({ min: 0, max: NOW }),
    names: fc.constant([]),
  }),
  fc.record({ kind: fc.constant("dead" as const), error: fc.constant("e") }),
  fc.record({
    kind: fc.constant("unreadable" as const),
    mtimeMs: fc.integer({ min: 0, max: NOW }),
    error: fc.constant("e"),
  }),
);

test("hardened never answers OK for something that is not mounted and complete", () => {
  fc.assert(
    fc.property(
      anyTarget,
      fc.boolean(),
      fc.option(fc.integer({ min: 1, max: NOW }), { nil: undefined }),
      fc.option(fc.integer({ min: 0, max: NOW }), { nil: undefined }),
      (target, isComplete, rotationIntervalMs, lastPublishedAt) => {
        const decision = decidePublish(facts({ target, isComplete, rotationIntervalMs, lastPublishedAt }));
        expect(decision.kind).not.toBe("refuse");
        if (decision.kind === "skip") {
          expect(target.kind).toBe("mounted");
          expect(isComplete).toBe(true);
        }
        if (decision.kind === "republish") expect(rotationIntervalMs).toBeDefined();
      },
    ),
  );
});
