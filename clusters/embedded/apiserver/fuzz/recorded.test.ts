import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Scope } from "../../../../core/index.ts";
import { createKubeClient, type KubeClient } from "../../../../kube/index.ts";
import { startServerRig } from "../testing/server-rig.ts";
import { fuzzCase } from "./patches.ts";
import { play } from "./play.ts";
import { differencesOf, type RecordedAnswer } from "./recorded.ts";
import { WIDGETS } from "./shapes.ts";

/** Made by `npm run differential -- --patches --seeds 1-60 --record FILE`, times and uids taken out. */
const FIXTURE = new URL("fixtures/answers.ndjson", import.meta.url);
/** Where a case leaves the real server's way, and why; what follows in it would follow from that. */
const KNOWN: Readonly<Record<number, string>> = {
  60: "an empty map beside none is told apart by a real server until it is stored",
};

const scope = new Scope("recorded");
let admin: KubeClient;
beforeAll(async () => {
  const rig = await startServerRig(scope);
  // As the one that was recorded: who writes without a name of its own is known by it.
  admin = scope.use(createKubeClient({ ...rig.admin.config, userAgent: "differential" }, { clock: rig.clock }));
  await admin.raw("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { body: WIDGETS });
  await rig.clock.settle();
});
afterAll(() => scope[Symbol.asyncDispose]());

const answers = Map.groupBy(
  readFileSync(FIXTURE, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedAnswer),
  ({ seed }) => seed,
);

test.each([...answers])("seed %i is answered as by kube-apiserver 1.34", async (seed, recorded) => {
  const found: string[] = [];
  for (const [at, step] of fuzzCase(seed).steps.entries()) {
    const wanted = recorded.find((one) => one.at === at);
    if (wanted === undefined) break;
    found.push(...differencesOf(wanted, await play(admin, step)).map((why) => `step ${at}: ${why}`));
    if (found.length > 0) break;
  }
  if (KNOWN[seed] === undefined) expect(found).toEqual([]);
  else expect(found, `${KNOWN[seed]}: no longer so?`).not.toEqual([]);
});
