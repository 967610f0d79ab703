import { describe, expect, test } from "vitest";
import type { Case } from "./catalogue/case.ts";
import type { Availability } from "./needs.ts";
import { behavioursOf, type PlanRequest, planRun } from "./plan.ts";
import { select } from "./selection.ts";
import { REFERENCE, type Subject } from "./subjects/subject.ts";

function aCase(change: Partial<Case> = {}): Case {
  return {
    id: "PC-01",
    profile: "PROVIDER-GRPC",
    level: "core",
    strength: "must",
    title: "The provider answers",
    feature: "F",
    needs: [],
    behaviours: [],
    tier: "E0",
    docs: [],
    file: "f.feature",
    line: 1,
    steps: 1,
    rows: 1,
    tags: ["@PC-01", "@core"],
    ...change,
  };
}

const provider = { kind: "provider", id: "mine" } as Subject;
const plan = (cases: readonly Case[], change: Partial<PlanRequest> = {}) =>
  planRun({
    cases,
    subjects: [REFERENCE],
    tier: "E0",
    behaviour: "declared",
    availability: () => new Map(),
    ...change,
  });

describe("a plan", () => {
  test("runs each case in the first behaviour it holds in", () => {
    const cases = [aCase(), aCase({ id: "DRV-1", profile: "DRIVER-NODE", behaviours: ["upstream-1.6"] })];
    expect(plan(cases).passes.map(({ behaviour, cases: mine }) => [behaviour, mine.map(({ id }) => id)])).toEqual([
      ["hardened", ["PC-01"]],
      ["upstream-1.6", ["DRV-1"]],
    ]);
  });

  test("runs a case that holds everywhere in all behaviours when asked", () => {
    expect(plan([aCase()], { behaviour: "all" }).passes).toHaveLength(3);
    expect(behavioursOf(aCase({ behaviours: ["upstream-1.6"] }), "hardened")).toEqual([]);
  });

  test("skips with the reason, and never leaves out, what a need is missing for", () => {
    const missing: Availability = new Map([["rotate", "needs --rotate CMD; it was not given"]]);
    const { passes, skips } = plan([aCase({ needs: ["rotate"] })], { availability: () => missing });
    expect(passes).toEqual([]);
    expect(skips.map(({ reason }) => reason)).toEqual(["needs --rotate CMD; it was not given"]);
  });

  test("gives a store's provider the cases of its own store, and the reference parts the others", () => {
    const vault: Subject = { kind: "store-provider", id: "vault", title: "v", store: "vault", path: "/v" };
    const cases = [aCase({ id: "VT-01", profile: "PROVIDER-VAULT" }), aCase({ id: "A01", profile: "PROVIDER-AWS" })];
    const { passes } = plan(cases, { subjects: [vault, REFERENCE] });
    expect(passes.map(({ subject, cases: mine }) => [subject.id, mine.map(({ id }) => id)])).toEqual([
      ["vault", ["VT-01"]],
      ["reference", ["A01"]],
    ]);
    expect(() => plan(cases.slice(1), { subjects: [vault] })).toThrow("no selected case examines");
  });

  test("skips a case of another tier", () => {
    expect(plan([aCase({ tier: "E1" })]).skips.map(({ reason }) => reason)).toEqual([
      "belongs to tier E1; run with --tier E1",
    ]);
  });

  test("gives a provider of one's own the provider cases, and the reference parts the rest", () => {
    const cases = [aCase(), aCase({ id: "DRV-1", profile: "DRIVER-NODE" })];
    const { passes } = plan(cases, { subjects: [provider, REFERENCE] });
    expect(passes.map(({ subject, cases: mine }) => [subject.id, mine.map(({ id }) => id)])).toEqual([
      ["mine", ["PC-01"]],
      ["reference", ["DRV-1"]],
    ]);
  });

  test("with nothing to run says what examines what", () => {
    expect(() => plan([aCase({ profile: "DRIVER-NODE" })], { subjects: [provider] })).toThrow(
      'no selected case examines provider "mine": the selection is in DRIVER-NODE',
    );
  });
});

describe("a selection", () => {
  const cases = [aCase(), aCase({ id: "PC-02", tags: ["@PC-02", "@extended"], title: "Version" })];
  const ids = (change: Partial<Parameters<typeof select>[1]>) =>
    select(cases, { profiles: [], ids: [], ...change }).map(({ id }) => id);

  test("is by id, tag expression, profile in any case, or text", () => {
    expect(ids({ ids: ["PC-02"] })).toEqual(["PC-02"]);
    expect(ids({ tags: "@core and not @extended" })).toEqual(["PC-01"]);
    expect(ids({ profiles: ["provider-grpc"] })).toEqual(["PC-01", "PC-02"]);
    expect(ids({ grep: "VERSION" })).toEqual(["PC-02"]);
  });

  test.each([
    [{ ids: ["PC-99"] }, "PC-99"],
    [{ profiles: ["PROVIDER-X"] }, "PROVIDER-X"],
    [{ tags: "@core and" }, "@core and"],
    [{ grep: "no such text" }, "no such text"],
  ])("of %o is refused by name", (change, culprit) => {
    expect(() => ids(change)).toThrow(culprit);
  });
});
