import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { EmbeddedCluster } from "../clusters/embedded/index.ts";
import { VirtualClock } from "../core/index.ts";
import { createCertificateAuthority, createSigningKey } from "../net/index.ts";
import { nodeStart } from "./baselines/node-start.ts";
import { bound } from "./lifetime.ts";
import { type Figure, figure, median } from "./measure.ts";

/** From nothing to the first request served: as a process, and in one that is warm. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  const program = fileURLToPath(new URL("./first-request.ts", import.meta.url));
  const measure = async (): Promise<number> => {
    const started = performance.now();
    const child = bound(spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"], detached: true }));
    await once(child.stdout, "data");
    const took = performance.now() - started;
    child.kill("SIGKILL");
    await once(child, "exit");
    return took;
  };
  await measure(); // fills Node's compile cache
  const cold: number[] = [];
  for (let round = 0; round < 5; round++) cold.push(await measure());
  emit(
    figure("cluster, process start to first request", median(cold), "ms", { name: "node -e 0", value: nodeStart() }),
  );

  const clock = new VirtualClock();
  const [authority, key] = await Promise.all([createCertificateAuthority({ clock }), createSigningKey()]);
  const warm: number[] = [];
  for (let round = 0; round < 20; round++) {
    const started = performance.now();
    const cluster = await new EmbeddedCluster({
      clock: new VirtualClock(),
      authority,
      signingKey: async () => key,
    }).start();
    await cluster.admin.raw("GET", "/api/v1/nodes");
    warm.push(performance.now() - started);
    await cluster[Symbol.asyncDispose]();
  }
  emit(figure("cluster, start in a warm process", median(warm.slice(5)), "ms"));
}
