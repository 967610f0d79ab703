import { Scope } from "../core/index.ts";
import { type Figure, figure, rateOf } from "./measure.ts";
import { startRig } from "./rig.ts";

const TOTAL = 300;
const IN_FLIGHT = 8;
const WARM = Math.max(IN_FLIGHT, TOTAL / 10);
const REPUBLISHES = 50;

/** What a Secret a pod costs a first publish, and an unchanged republish: time, and requests to the API server. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  const off = await firstPublishes(false, emit);
  await firstPublishes(true, emit, off);
  await using scope = new Scope("bench sync, unchanged");
  const rig = await startRig(scope, undefined, { isSyncing: true, rotates: true });
  await rig.definePods(0, 1);
  await rig.publish(0);
  const before = rig.requests().length;
  for (let round = 0; round < REPUBLISHES; round++) await rig.publish(0);
  const later = rig.requests().slice(before);
  const writes = later.filter((request) => request.endsWith(" secrets") && !request.startsWith("GET"));
  emit(figure("Secret writes, unchanged republish", writes.length / REPUBLISHES, "1"));
  emit(figure("API requests, unchanged republish", later.length / REPUBLISHES, "1"));
}

async function firstPublishes(isSyncing: boolean, emit: (figure: Figure) => void, off?: number): Promise<number> {
  const name = `publish with sync ${isSyncing ? "on" : "off"}`;
  await using scope = new Scope(`bench ${name}`);
  const rig = await startRig(scope, undefined, { isSyncing });
  await rig.definePods(0, TOTAL + WARM);
  let next = 0;
  const { perSecond, p50Ms } = await rateOf(() => rig.publish(next++), { inFlight: IN_FLIGHT, total: TOTAL });
  const baseline = off === undefined ? undefined : { name: "sync off", value: off };
  emit(figure(`${name}, ${IN_FLIGHT} in flight`, perSecond, "1/s", baseline));
  emit(figure(`${name} p50`, p50Ms, "ms"));
  // Pods and classes are made by somebody else.
  const requests = rig
    .requests()
    .filter((request) => !/^POST (pods|secretproviderclasses|serviceaccounts|csidrivers)$/.test(request));
  emit(figure(`API requests, ${name}`, requests.length / next, "1"));
  return perSecond;
}
