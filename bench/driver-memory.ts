import { join } from "node:path";
import { Scope } from "../core/index.ts";
import { type DriverCommand, ownDriver, upstreamDriver } from "./driver-process.ts";
import { temporaryFolder } from "./lifetime.ts";
import { type Figure, figure } from "./measure.ts";
import { rssOf } from "./process-figures.ts";
import { startRig } from "./rig.ts";

const STAGES = [1000, 2000, 5000];
/** Where upstream's driver is measured beside ours. */
const COMPARED = 2000;
const IN_FLIGHT = 10;

/** What the driver's own process takes, as its image runs it, with so many volumes mounted. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope("bench driver memory");
  const upstream = upstreamDriver();
  const theirs = upstream === undefined ? undefined : (await memoryOf(upstream, [COMPARED])).get(COMPARED);
  const ours = await memoryOf(await ownDriver(join(temporaryFolder(scope), "driver")), [1, ...STAGES]);
  const atOne = { name: "at one", value: ours.get(1) ?? Number.NaN };
  for (const stage of STAGES) {
    const beside = stage === COMPARED && theirs !== undefined ? { name: "upstream's driver", value: theirs } : atOne;
    emit(figure(`RSS of the driver alone at ${stage} mounted volumes`, ours.get(stage) ?? Number.NaN, "MB", beside));
  }
}

async function memoryOf(command: DriverCommand, stages: readonly number[]): Promise<Map<number, number>> {
  await using scope = new Scope("bench driver memory of one");
  const rig = await startRig(scope, undefined, { command });
  const found = new Map<number, number>();
  let next = 0;
  for (const stage of stages) {
    const lane = async (): Promise<void> => {
      while (next < stage) await rig.publish(next++);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    found.set(stage, rssOf(rig.driverPid));
  }
  return found;
}
