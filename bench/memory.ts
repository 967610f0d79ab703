import { Scope } from "../core/index.ts";
import { type Figure, figure } from "./measure.ts";
import { startRig } from "./rig.ts";

const PODS = 1000;

/** What a mounted pod costs in memory: driver, provider and API server are in this process, so all of it counts. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope("bench memory");
  const rig = await startRig(scope);
  for (let index = 0; index < 50; index++) await rig.publish(index);
  const before = process.memoryUsage.rss();
  for (let index = 50; index < 50 + PODS; index += 10)
    await Promise.all(Array.from({ length: 10 }, (_, lane) => rig.publish(index + lane)));
  const megabytes = (bytes: number): number => bytes / 1024 / 1024;
  const after = process.memoryUsage.rss();
  emit(
    figure(`RSS more after ${PODS} mounted pods`, megabytes(after - before), "MB", {
      name: "RSS before",
      value: megabytes(before),
    }),
  );
  emit(figure(`RSS at ${PODS} mounted pods`, megabytes(after), "MB"));
}
