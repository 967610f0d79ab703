import { join } from "node:path";
import { Scope } from "../core/index.ts";
import { bareGrpc } from "./baselines/grpc-unary.ts";
import { type Figure, figure, rateOf } from "./measure.ts";
import { startRig } from "./rig.ts";

const VOLUMES = 200;
const IN_FLIGHT = 8;
const TOTAL = 2000;

/** Republishes as kubelet sends them every minute or so: what an idle one, an unchanged and a changed one cost. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  await idle(emit);
  await due(emit);
}

type Rig = Awaited<ReturnType<typeof startRig>>;

/** Within the interval: nothing is to be done, and nothing may be asked. */
async function idle(emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope("bench idle republish");
  const rig = await startRig(scope, undefined, { rotationIntervalMs: 3_600_000 });
  const bare = await bareGrpc(join(rig.folder, "bare.sock"), Buffer.alloc(200));
  scope.defer("baseline", () => bare.close());
  await publishAll(rig);
  const base = await rateOf(() => bare.call(), { inFlight: IN_FLIGHT, total: TOTAL });
  const before = { requests: rig.requests().length, calls: rig.providerCalls() };
  const ours = await rateOf((index) => rig.publish(index % VOLUMES), { inFlight: IN_FLIGHT, total: TOTAL });
  const baseline = { name: `bare gRPC at ${IN_FLIGHT}`, value: base.perSecond };
  emit(figure(`idle republish, ${IN_FLIGHT} in flight`, ours.perSecond, "1/s", baseline));
  emit(figure("API requests of 2,200 idle republishes", rig.requests().length - before.requests, ""));
  emit(figure("provider calls of 2,200 idle republishes", rig.providerCalls() - before.calls, ""));
}

/** After the interval: the provider is asked, and what it says is compared or written. */
async function due(emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope("bench due republish");
  const rig = await startRig(scope, undefined, { rotationIntervalMs: 1 });
  const bare = await bareGrpc(join(rig.folder, "bare.sock"), Buffer.alloc(200));
  scope.defer("baseline", () => bare.close());
  await publishAll(rig);
  const cost = async (what: string, prepare: () => void): Promise<void> => {
    const base = await rateOf(() => bare.call(), { inFlight: IN_FLIGHT, total: TOTAL });
    const before = rig.requests().length;
    const ours = await rateOf(
      (index) => {
        if (index % VOLUMES === 0) prepare();
        return rig.publish(index % VOLUMES);
      },
      { inFlight: IN_FLIGHT, total: TOTAL },
    );
    emit(
      figure(`republish, ${what}, ${IN_FLIGHT} in flight`, ours.perSecond, "1/s", {
        name: `bare gRPC at ${IN_FLIGHT}`,
        value: base.perSecond,
      }),
    );
    emit(figure(`republish, ${what}, p50`, ours.p50Ms, "ms"));
    emit(figure(`API requests of a republish, ${what}`, (rig.requests().length - before) / (TOTAL * 1.1), ""));
  };
  await cost("unchanged", () => undefined);
  await cost("changed", () => rig.rotate());
}

async function publishAll(rig: Rig): Promise<void> {
  for (let index = 0; index < VOLUMES; index++) await rig.publish(index);
}
