import { join } from "node:path";
import { Scope } from "../core/index.ts";
import { type DriverCommand, ownDriver, upstreamDriver } from "./driver-process.ts";
import { temporaryFolder } from "./lifetime.ts";
import { type Figure, figure, lanes } from "./measure.ts";
import { cpuOf } from "./process-figures.ts";
import { startRig } from "./rig.ts";

/**
 * Run before anything is counted, for either driver: JavaScript is compiled while it runs, and a driver of a node runs
 * for weeks. Upstream at its stock limit does 20 requests a second, and takes 15 s for these.
 */
const WARM_UP = 300;
const SECONDS = 6;
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
    let next = 0;
    for (const inFlight of [8, 32]) {
      const first = next;
      const publish = await costOf(rig.driverPid, () => rig.publish(next++), inFlight);
      costs.set(`publish, ${inFlight} in flight`, publish);
      const unpublish = (index: number) => untilGone(() => rig.unpublish(first + index));
      // What is published can be taken away once: all of it counts, and the first calls serve as a warm-up.
      costs.set(`unpublish, ${inFlight} in flight`, await costOf(rig.driverPid, unpublish, inFlight, next - first));
    }
  }
  await using scope = new Scope("bench driver, republish");
  const rig = await startRig(scope, undefined, { command, rotationIntervalMs: 1 });
  for (let index = 0; index < VOLUMES; index++) await rig.publish(index);
  const again = await costOf(rig.driverPid, (index) => rig.publish(index % VOLUMES), 8);
  costs.set("unchanged republish, 8 in flight", again);
  return costs;
}

/** Of `total` calls, or of as many as fit into some seconds after a warm-up. */
async function costOf(
  pid: number | undefined,
  work: (index: number) => Promise<unknown>,
  inFlight: number,
  total?: number,
): Promise<Cost> {
  let calls = 0;
  const call = (): Promise<unknown> => work(calls++);
  if (total === undefined) await lanes(inFlight, () => calls < WARM_UP, call);
  const began = { calls, cpu: cpuOf(pid), at: performance.now() };
  const isGoingOn = (): boolean => (total === undefined ? elapsedSince(began.at) < SECONDS : calls < total);
  await lanes(inFlight, isGoingOn, call);
  const done = calls - began.calls;
  return { perSecond: done / elapsedSince(began.at), cpuMs: (cpuOf(pid) - began.cpu) / done };
}

const elapsedSince = (at: number): number => (performance.now() - at) / 1000;

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
