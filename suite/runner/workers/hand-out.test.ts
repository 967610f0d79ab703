import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Case } from "../../catalogue/case.ts";
import type { Pass, Plan } from "../../plan.ts";
import { REFERENCE } from "../../subjects/subject.ts";
import { chunksOf, HandOut } from "./hand-out.ts";

const oneCase = (id: string, file: string, rows = 1, profile = "DRIVER-NODE"): Case => ({
  ...{ id, file, rows, profile, level: "core", strength: "must", title: id, feature: "F", tier: "E0" },
  ...{ needs: [], behaviours: [], docs: [], line: 1, steps: 1, tags: [] },
});

const passOf = (...cases: Case[]): Pass => ({ subject: REFERENCE, behaviour: "hardened", cases });
const planOf = (...passes: Pass[]): Plan => ({ passes, skips: [] });
const random = { order: "random", seed: 7 } as const;

describe("the chunks of a plan", () => {
  test("hold each case of each pass once, in whatever order", () => {
    const cases = fc.array(
      fc.record({ file: fc.constantFrom("a.feature", "b.feature"), rows: fc.integer({ min: 1, max: 14 }) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (list, seed) => {
        const pass = passOf(...list.map(({ file, rows }, at) => oneCase(`N-${at}`, file, rows)));
        const chunks = chunksOf(planOf(pass, pass), { order: "random", seed });
        for (const index of [0, 1]) {
          const ids = chunks.filter(({ chunk }) => chunk.pass === index).flatMap(({ chunk }) => chunk.ids);
          expect(ids.toSorted()).toEqual(pass.cases.map(({ id }) => id).toSorted());
        }
      }),
    );
  });

  test("are the same for the same seed, and others for another", () => {
    const plan = planOf(passOf(...Array.from({ length: 40 }, (_, at) => oneCase(`N-${at}`, `${at % 5}.feature`))));
    expect(chunksOf(plan, random)).toEqual(chunksOf(plan, random));
    expect(chunksOf(plan, { order: "random", seed: 8 })).not.toEqual(chunksOf(plan, random));
  });

  test("keep the order of the catalogue when it is asked for", () => {
    const plan = planOf(passOf(...["N-1", "N-2", "N-3"].map((id) => oneCase(id, "a.feature"))));
    expect(chunksOf(plan, { order: "defined", seed: 7 }).flatMap(({ chunk }) => chunk.ids)).toEqual([
      "N-1",
      "N-2",
      "N-3",
    ]);
  });
});

describe("handing out", () => {
  test("keeps workers apart as long as there is something of another kin, then lets them share", () => {
    const cases = (profile: string, count: number): Case[] =>
      Array.from({ length: count }, (_, at) => oneCase(`${profile}-${at}`, `${profile}-${at}.feature`, 1, profile));
    const plan = planOf(passOf(...cases("PROVIDER-AWS", 3), ...cases("PROVIDER-GCP", 2)));
    const handOut = new HandOut(chunksOf(plan, random));
    const kin = (worker: number): string | undefined =>
      /^PROVIDER-[A-Z]+/.exec(handOut.next(worker)?.ids[0] ?? "")?.[0];
    expect([kin(0), kin(1), kin(0), kin(1)]).toEqual(["PROVIDER-AWS", "PROVIDER-GCP", "PROVIDER-AWS", "PROVIDER-GCP"]);
    expect(kin(1)).toBe("PROVIDER-AWS");
    expect(kin(0)).toBeUndefined();
    expect(handOut.rest()).toEqual([]);
  });

  test("is what the rest is not", () => {
    const plan = planOf(passOf(oneCase("N-1", "a.feature"), oneCase("N-2", "b.feature")));
    const handOut = new HandOut(chunksOf(plan, random));
    const first = handOut.next(0);
    expect([...(first?.ids ?? []), ...handOut.rest().flatMap(({ ids }) => ids)].toSorted()).toEqual(["N-1", "N-2"]);
  });
});
