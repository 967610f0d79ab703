import { join } from "node:path";
import { Scope } from "../core/index.ts";
import { type DriverCommand, ownDriver, upstreamDriver } from "./driver-process.ts";
import { temporaryFolder } from "./lifetime.ts";
import { type Figure, figure, lanes } from "./measure.ts";
import { cpuOf } from "./process-figures.ts";
import { startRig } from "./rig.ts";

/**
 * Run before anything is counted, for either driver: JavaScript is compiled while it runs, and a driver of a node runs
 * for weeks. Upstream at its stock limit does 20 requests a second, whatever it has done before, and gets fewer.
 */
const WARM_UP = 2000;
const WARM_UP_OF_STOCK = 100;
const TURNS = 8;
const TURN_MS = 1000;
/** More than any driver publishes in a turn here. */
const FOLDERS_OF_TURN = 2000;
const VOLUMES = 50;

type Subject = { readonly name: string; readonly command: DriverCommand; readonly warmUp: number };
type Rig = Awaited<ReturnType<typeof startRig>>;

/**
 * Our driver and upstream's, each as a process of its own against an API server of its own in this process, called as
 * kubelet calls them, by turns: how many a second, and what one costs the driver's process and the programs it runs
 * (upstream's runs `mount` and `umount`). Upstream's limit of 20 requests a second to the API server is compiled in:
 * `MOUNTPROOF_DRIVER_BIN_UNLIMITED` names a build of it with that limiter off. The stock one is measured apart:
 * while others have their turn it would save up requests.
 */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope("bench drivers");
  const ours: Subject = {
    name: "ours",
    command: await ownDriver(join(temporaryFolder(scope), "driver")),
    warmUp: WARM_UP,
  };
  const stock = subjectOf("upstream's, stock", "MOUNTPROOF_DRIVER_BIN", WARM_UP_OF_STOCK);
  const unlimited = subjectOf("upstream's, limiter off", "MOUNTPROOF_DRIVER_BIN_UNLIMITED", WARM_UP);
  for (const inFlight of [8, 32]) {
    const [publish, unpublish] = await publishing([ours, ...unlimited], inFlight);
    const [publishOfStock, unpublishOfStock] = await publishing(stock, inFlight);
    tell(emit, `publish, ${inFlight} in flight`, [...publish, ...publishOfStock]);
    tell(emit, `unpublish, ${inFlight} in flight`, [...unpublish, ...unpublishOfStock]);
  }
  const republish = [...(await republishing([ours, ...unlimited])), ...(await republishing(stock))];
  tell(emit, "unchanged republish, 8 in flight", republish);
}

function subjectOf(name: string, variable: string, warmUp: number): Subject[] {
  const command = upstreamDriver(variable);
  return command === undefined ? [] : [{ name, command, warmUp }];
}

function tell(emit: (figure: Figure) => void, what: string, [ours, ...theirs]: readonly Tally[]): void {
  if (ours === undefined) return;
  for (const other of theirs.length === 0 ? [undefined] : theirs) {
    const beside = (value: number | undefined) => other && { name: other.name, value: value ?? Number.NaN };
    emit(figure(`driver process, ${what}`, ours.perSecond, "1/s", beside(other?.perSecond)));
    emit(figure(`driver process, CPU of one, ${what}`, ours.cpuMs, "ms", beside(other?.cpuMs)));
  }
}

/** @returns of each subject, for the publishes and for the unpublishes that follow */
async function publishing(subjects: readonly Subject[], inFlight: number): Promise<[Tally[], Tally[]]> {
  await using scope = new Scope("bench drivers, publish");
  const contenders = [];
  for (const { name, command, warmUp } of subjects) {
    const rig = await startRig(scope, undefined, { command });
    contenders.push({ rig, warmUp, next: 0, publish: new Tally(name, rig), unpublish: new Tally(name, rig) });
  }
  for (let turn = -1; turn < TURNS; turn++)
    for (const contender of contenders) {
      const { rig, warmUp, publish, unpublish } = contender;
      const first = contender.next;
      rig.makeFolders(first + FOLDERS_OF_TURN);
      const ends = turn < 0 ? () => contender.next >= warmUp : timeUp();
      await publish.turn(turn >= 0, inFlight, ends, () => rig.publish(contender.next++));
      let index = first;
      const isGone = (): boolean => index >= contender.next;
      await unpublish.turn(turn >= 0, inFlight, isGone, () => {
        const one = index++;
        return untilGone(() => rig.unpublish(one));
      });
    }
  return [contenders.map(({ publish }) => publish), contenders.map(({ unpublish }) => unpublish)];
}

async function republishing(subjects: readonly Subject[]): Promise<Tally[]> {
  await using scope = new Scope("bench drivers, republish");
  const contenders = [];
  for (const { name, command, warmUp } of subjects) {
    const rig = await startRig(scope, undefined, { command, rotationIntervalMs: 1 });
    for (let index = 0; index < VOLUMES; index++) await rig.publish(index);
    contenders.push({ rig, warmUp, tally: new Tally(name, rig) });
  }
  let calls = 0;
  for (let turn = -1; turn < TURNS; turn++)
    for (const { rig, tally, warmUp } of contenders) {
      const last = calls + warmUp;
      const ends = turn < 0 ? () => calls >= last : timeUp();
      await tally.turn(turn >= 0, 8, ends, () => rig.publish(calls++ % VOLUMES));
    }
  return contenders.map(({ tally }) => tally);
}

function timeUp(): () => boolean {
  const until = performance.now() + TURN_MS;
  return () => performance.now() >= until;
}

class Tally {
  readonly name: string;
  readonly #rig: Rig;
  #calls = 0;
  #ms = 0;
  #cpuMs = 0;

  constructor(name: string, rig: Rig) {
    this.name = name;
    this.#rig = rig;
  }

  async turn(counts: boolean, inFlight: number, ends: () => boolean, work: () => Promise<unknown>): Promise<void> {
    let calls = 0;
    const began = { cpu: cpuOf(this.#rig.driverPid), at: performance.now() };
    await lanes(
      inFlight,
      () => !ends(),
      () => {
        calls++;
        return work();
      },
    );
    if (!counts) return;
    this.#calls += calls;
    this.#ms += performance.now() - began.at;
    this.#cpuMs += cpuOf(this.#rig.driverPid) - began.cpu;
  }

  get perSecond(): number {
    return (this.#calls * 1000) / this.#ms;
  }

  get cpuMs(): number {
    return this.#cpuMs / this.#calls;
  }
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
