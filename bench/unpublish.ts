import { Scope } from "../core/index.ts";
import { type Figure, figure } from "./measure.ts";
import { startRig } from "./rig.ts";

const ROUNDS = 10;
const VOLUMES = 1000;
const IN_FLIGHT = 32;

/** Ten thousand volumes published and unpublished, many at once: upstream loses one or two in a thousand to a busy mount. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope("bench unpublish");
  const rig = await startRig(scope);
  let failed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await inLanes((index) => rig.publish(round * VOLUMES + index));
    await inLanes((index) =>
      rig.unpublish(round * VOLUMES + index).catch(() => {
        failed++;
      }),
    );
  }
  emit(figure(`failed unpublishes of ${ROUNDS * VOLUMES}, ${IN_FLIGHT} in flight`, failed, ""));
}

async function inLanes(work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < VOLUMES) await work(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}
