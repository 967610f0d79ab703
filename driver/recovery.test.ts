import { describe, expect, test } from "vitest";
import type { Behaviour } from "./index.ts";
import {
  FaultMatrix,
  type Situation,
  SUBJECTS,
  SURVIVED,
  type Subject,
  tableOf,
  type Verdict,
} from "./testing/fault-matrix.ts";

async function matrix(behaviour: Behaviour, situation: Situation, subjects: readonly Subject[], rotates = true) {
  await using faults = await FaultMatrix.start(behaviour, situation, rotates);
  const points = await faults.points();
  const verdicts = new Map<Subject, Verdict[]>();
  for (const subject of subjects) {
    const column: Verdict[] = [];
    for (const point of points) column.push(await faults.play(subject, point));
    verdicts.set(subject, column);
  }
  console.log(tableOf(`${situation}, ${behaviour}`, points, verdicts));
  const lost = [...verdicts].flatMap(([subject, column]) =>
    column.flatMap((verdict, at) => (verdict === SURVIVED ? [] : [`${subject}, ${points[at]?.name}: ${verdict}`])),
  );
  return { points: points.map(({ name }) => name), lost };
}

describe("whoever dies at whatever point of a publish", { timeout: 120_000 }, () => {
  test.each(["first publish", "rotation"] as const)("nothing is lost in hardened: %s", async (situation) => {
    const { points, lost } = await matrix("hardened", situation, SUBJECTS);
    expect(points).toContain("writing: the switch");
    expect(points.length).toBeGreaterThan(18);
    expect(lost).toEqual([]);
  });

  test("nothing is lost in hardened without rotation, when nobody looks again", async () => {
    const { lost } = await matrix("hardened", "first publish", ["driver", "node"], false);
    expect(lost).toEqual([]);
  });

  test("upstream loses volumes to a driver that was killed after the mount, without rotation (B20)", async () => {
    const { lost } = await matrix("upstream-1.6", "first publish", ["driver"], false);
    expect(lost.map((one) => one.slice(0, one.indexOf(": {")))).toContain("driver, before provider: files");
  });
});
