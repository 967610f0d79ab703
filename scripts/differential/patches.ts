import { type FuzzStep, fuzzCase } from "../../clusters/embedded/apiserver/fuzz/patches.ts";
import { type Answer, play } from "../../clusters/embedded/apiserver/fuzz/play.ts";
import { differencesOf, type RecordedAnswer } from "../../clusters/embedded/apiserver/fuzz/recorded.ts";
import { WIDGETS } from "../../clusters/embedded/apiserver/fuzz/shapes.ts";
import { type Clock, isMountproofError } from "../../core/index.ts";
import type { KubeClient } from "../../kube/index.ts";
import type { Subject } from "./servers.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

export type PatchDifference = {
  readonly seed: number;
  readonly at: number;
  readonly step: FuzzStep;
  readonly differences: readonly string[];
};

/** Plays the cases of the seeds on both servers. A case is left at its first difference: what follows would follow from it. */
export async function comparePatches(
  [real, embedded]: readonly [Subject, Subject],
  seeds: readonly number[],
  clock: Clock,
): Promise<{ readonly steps: number; readonly found: PatchDifference[]; readonly recorded: RecordedAnswer[] }> {
  for (const { admin } of [real, embedded]) await prepare(admin, clock);
  const found: PatchDifference[] = [];
  const recorded: RecordedAnswer[] = [];
  let count = 0;
  for (const seed of seeds)
    for (const [at, step] of fuzzCase(seed).steps.entries()) {
      count++;
      const wanted = await play(real.admin, step).catch(brokenOff);
      // Some patches make a handler of the real server panic; there is nothing to compare with.
      if (wanted === undefined) break;
      const got = await play(embedded.admin, step);
      recorded.push({ seed, at, ...bare(wanted) });
      const differences = differencesOf(wanted, got);
      if (differences.length === 0) continue;
      found.push({ seed, at, step, differences });
      break;
    }
  return { steps: count, found, recorded };
}

function brokenOff(error: unknown): undefined {
  if (isMountproofError(error) && error.code === "unavailable") return undefined;
  throw error;
}

const bare = ({ body, status, warning }: Answer): Answer => ({ status, warning, body });

async function prepare(admin: KubeClient, clock: Clock): Promise<void> {
  await admin.raw("POST", DEFINITIONS, { body: WIDGETS });
  const isServed = async (): Promise<boolean> =>
    (await admin.raw("GET", "/apis/fuzz.example.com/v1/namespaces/default/widgets")).status === 200;
  while (!(await isServed())) await clock.sleep(100);
}
