import { afterAll, beforeAll, expect, test } from "vitest";
import { Scope } from "../../../../core/index.ts";
import type { KubeClient } from "../../../../kube/index.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { startServerRig } from "../testing/server-rig.ts";
import { type FuzzStep, fuzzCase } from "./patches.ts";
import { play, stored } from "./play.ts";
import { applierOf, isSameAnswer, isSameState, ownershipFaults } from "./properties.ts";
import { WIDGETS } from "./shapes.ts";

const scope = new Scope("fuzz");
let admin: KubeClient;

beforeAll(async () => {
  const rig = await startServerRig(scope);
  admin = rig.admin;
  await admin.raw("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { body: WIDGETS });
  await rig.clock.settle();
});
afterAll(() => scope[Symbol.asyncDispose]());

/** More of them with `MOUNTPROOF_FUZZ_SEEDS=FROM-TO`. */
const [from = 1, to = 150] = (process.env["MOUNTPROOF_FUZZ_SEEDS"] ?? "").split("-").filter(Boolean).map(Number);
const seeds = Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** What a real server tells as plain errors, too: what an apply makes that can't be read, directives that make no sense. */
const PLAIN =
  /failed to create typed patch object|failed to create manager|cannot be handled as|unknown patch type|merging lists cannot yet|not identical|no elements in any|merge key|but received a|doesn't match \$setElementOrder/;
const isExpected = (status: number, body: KubeObject & { message?: string }): boolean =>
  status < 500 || PLAIN.test(body.message ?? "");

test.each(seeds)("patches of seed %i keep what must always hold", async (seed) => {
  const { steps } = fuzzCase(seed);
  const name = `fuzz-${seed}`;
  const applied = new Map<string, unknown>();
  for (const [at, step] of steps.entries()) {
    const where = `step ${at}: ${JSON.stringify(step)}`;
    const before = await stored(admin, step, name);
    const dry = await play(admin, step, { dryRun: "All" });
    expect(await stored(admin, step, name), `${where}: a dry run stores nothing`).toEqual(before);
    const real = await play(admin, step);
    expect(isExpected(real.status, real.body), `${where}: ${JSON.stringify(real.body)}`).toBe(true);
    expect([dry.status, dry.warning], `${where}: ${JSON.stringify([dry.body, real.body])}`).toEqual([
      real.status,
      real.warning,
    ]);
    expect(isSameAnswer(dry.body, real.body), `${where}: ${JSON.stringify([dry.body, real.body])}`).toBe(true);
    const after = await stored(admin, step, name);
    if (real.status >= 400) {
      expect(after, `${where}: what is refused changes nothing`).toEqual(before);
      continue;
    }
    expect(after, `${where}: the answer is what is stored`).toEqual(real.body);
    if (after === undefined) continue;
    if (isApply(step))
      applied.set(
        applierOf(step.query["fieldManager"] ?? "", step.path.endsWith("/status") ? "status" : ""),
        step.body,
      );
    expect(ownershipFaults(after, applied), `${where}: ${JSON.stringify(after)}`).toEqual([]);
    if (before !== undefined) {
      const isSame = isSameState(before, after);
      const versions = [before, after].map(({ metadata }) => Number(metadata.resourceVersion)) as [number, number];
      expect(
        isSame ? versions[1] === versions[0] : versions[1] > versions[0],
        `${where}: ${versions.join(" → ")}`,
      ).toBe(true);
    }
    if (isApply(step)) {
      const again = await play(admin, { ...step, query: { ...step.query } });
      expect(again.body, `${where}: the same apply again changes nothing`).toEqual(after);
    }
  }
});

function isApply({ contentType }: FuzzStep): boolean {
  return contentType === "application/apply-patch+yaml";
}
