import { join } from "node:path";
import { Scope } from "../core/index.ts";
import { bareGrpc } from "./baselines/grpc-unary.ts";
import { type Figure, figure, lanes, rateOf, ratesByTurns } from "./measure.ts";
import { startRig } from "./rig.ts";

const TURNS = 8;
/** Calls in a turn: about as long each. */
const PUBLISHES = 100;
const BARE_CALLS = 1000;
/** Not counted: JavaScript is compiled while it runs, and a driver of a node runs for weeks. */
const WARM_UP = 2000;

/** NodePublishVolume, first publish of a new pod each time, its status object written before OK is sent. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope("bench publish");
  const steps = new Map<string, { total: number; count: number }>();
  const rig = await startRig(scope, (step, ms) => {
    const known = steps.get(step) ?? { total: 0, count: 0 };
    steps.set(step, { total: known.total + ms, count: known.count + 1 });
  });
  const bare = await bareGrpc(join(rig.folder, "bare.sock"), Buffer.alloc(200));
  scope.defer("baseline", () => bare.close());
  let next = 0;
  rig.makeFolders(WARM_UP);
  await lanes(
    8,
    () => next < WARM_UP,
    () => rig.publish(next++),
  );
  steps.clear();
  for (const inFlight of [1, 8, 16, 32]) {
    const first = next;
    rig.makeFolders(first + (TURNS + 1) * PUBLISHES);
    const [ours, base] = await ratesByTurns(
      [
        { work: () => rig.publish(next++), turn: PUBLISHES },
        { work: () => bare.call(), turn: BARE_CALLS },
      ],
      { inFlight, turns: TURNS },
    );
    const published = next - first;
    const baseline = (value: number) => ({ name: `bare gRPC at ${inFlight}`, value });
    emit(figure(`publish, ${inFlight} in flight`, ours.perSecond, "1/s", baseline(base.perSecond)));
    emit(figure(`publish p50, ${inFlight} in flight`, ours.p50Ms, "ms", baseline(base.p50Ms)));
    emit(figure(`publish p99, ${inFlight} in flight`, ours.p99Ms, "ms", baseline(base.p99Ms)));
    const gone = await rateOf((index) => rig.unpublish(first + (index % published)), { inFlight, total: published });
    emit(figure(`unpublish, ${inFlight} in flight`, gone.perSecond, "1/s", baseline(base.perSecond)));
  }
  for (const [step, { total, count }] of steps) emit(figure(`step ${step}, mean`, total / count, "ms"));
}
