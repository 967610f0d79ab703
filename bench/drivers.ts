import { join } from "node:path";
import { Scope } from "../core/index.ts";
import { type DriverCommand, ownDriver, upstreamDriver } from "./driver-process.ts";
import { temporaryFolder } from "./lifetime.ts";
import { type Figure, figure, rateOf } from "./measure.ts";
import { cpuOf } from "./process-figures.ts";
import { startRig } from "./rig.ts";

/** Upstream at its stock limit does 20 requests a second: this takes it 20 s. */
const TOTAL = 200;
const REPUBLISHES = 150;
const VOLUMES = 50;

type Cost = { readonly perSecond: number; readonly cpuMs: number };
type Costs = ReadonlyMap<string, Cost>;

/**
 * Our driver and upstream's, each as a process of its own, one after the other against API servers of one kind in
 * this process, called as kubelet calls them: how many a second, and what one costs the driver's own process, which
 * is the same however busy the machine is. Upstream's limit of 20 requests a second to the API server is compiled in:
 * `MOUNTPROOF_DRIVER_BIN_UNLIMITED` names a build of it with that limiter off.
 */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope("bench drivers");
  const ours = await costsOf(await ownDriver(join(temporaryFolder(scope), "driver")));
  const stock = await costsOfUpstream("MOUNTPROOF_DRIVER_BIN");
  const unlimited = await costsOfUpstream("MOUNTPROOF_DRIVER_BIN_UNLIMITED");
  const others = [
    { name: "upstream's, stock", costs: stock },
    { name: "upstream's, limiter off", costs: unlimited },
  ].filter(({ costs }) => costs !== undefined);
  for (const [what, { perSecond, cpuMs }] of ours)
    for (const { name, costs } of others.length === 0 ? [{ name: "", costs: undefined }] : others) {
      const theirs = costs?.get(what);
      const beside = (value: number | undefined) => (value === undefined ? undefined : { name, value });
      emit(figure(`driver process, ${what}`, perSecond, "1/s", beside(theirs?.perSecond)));
      emit(figure(`driver process, CPU of one, ${what}`, cpuMs, "ms", beside(theirs?.cpuMs)));
    }
}

async function costsOfUpstream(variable: string): Promise<Costs | undefined> {
  const command = upstreamDriver(variable);
  return command === undefined ? undefined : await costsOf(command);
}

async function costsOf(command: DriverCommand): Promise<Costs> {
  const costs = new Map<string, Cost>();
  {
    await using scope = new Scope("bench driver, publish");
    const rig = await startRig(scope, undefined, { command });
    const take = (what: string, work: (index: number) => Promise<unknown>, inFlight: number, total: number) =>
      costOf(rig.driverPid, work, inFlight, total).then((cost) => costs.set(`${what}, ${inFlight} in flight`, cost));
    let next = 0;
    for (const inFlight of [8, 32]) {
      const first = next;
      await take("publish", () => rig.publish(next++), inFlight, TOTAL);
      const count = next - first;
      await take("unpublish", (index) => untilGone(() => rig.unpublish(first + (index % count))), inFlight, count);
    }
  }
  await using scope = new Scope("bench driver, republish");
  const rig = await startRig(scope, undefined, { command, rotationIntervalMs: 1 });
  for (let index = 0; index < VOLUMES; index++) await rig.publish(index);
  const again = await costOf(rig.driverPid, (index) => rig.publish(index % VOLUMES), 8, REPUBLISHES);
  costs.set("unchanged republish, 8 in flight", again);
  return costs;
}

async function costOf(
  pid: number | undefined,
  work: (index: number) => Promise<unknown>,
  inFlight: number,
  total: number,
): Promise<Cost> {
  const before = cpuOf(pid);
  let calls = 0;
  const { perSecond } = await rateOf(
    (index) => {
      calls++;
      return work(index);
    },
    { inFlight, total },
  );
  return { perSecond, cpuMs: (cpuOf(pid) - before) / calls };
}

/** As kubelet does: upstream's driver finds one or two mounts in a thousand busy, and says so. */
async function untilGone(unpublish: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      await unpublish();
      return;
    } catch (error) {
      if (tries === 10) throw error;
    }
}
