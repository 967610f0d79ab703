import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EmbeddedCluster } from "../clusters/embedded/index.ts";
import { VirtualClock } from "../core/index.ts";
import { createCertificateAuthority, createSigningKey } from "../net/index.ts";
import { nodeStart } from "./baselines/node-start.ts";
import { bound } from "./lifetime.ts";
import { type Figure, figure, median } from "./measure.ts";

/** Milliseconds until the API server served a request, and until one after the node was Ready. */
type Start = { readonly serving: number; readonly ready: number };

/**
 * From nothing to the first request served: as a process, and in one that is warm. The API server is whole by then;
 * controllers and kubelets follow, and have lines of their own.
 */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  await asProcess(); // fills Node's compile cache
  const cold: Start[] = [];
  for (let round = 0; round < 7; round++) cold.push(await asProcess());
  const baseline = { name: "node -e 0", value: nodeStart() };
  emit(figure("cluster, process start to first request", median(cold.map(({ serving }) => serving)), "ms", baseline));
  emit(figure("cluster, process start to its node Ready", median(cold.map(({ ready }) => ready)), "ms", baseline));

  const clock = new VirtualClock();
  const [authority, key] = await Promise.all([createCertificateAuthority({ clock }), createSigningKey()]);
  const warm: Start[] = [];
  for (let round = 0; round < 20; round++) {
    const started = performance.now();
    let serving = 0;
    const cluster = await new EmbeddedCluster({
      clock: new VirtualClock(),
      authority,
      signingKey: async () => key,
      onServing: async (admin) => {
        await admin.raw("GET", "/api/v1/namespaces");
        serving = performance.now() - started;
      },
    }).start();
    await cluster.admin.raw("GET", "/api/v1/nodes");
    warm.push({ serving, ready: performance.now() - started });
    await cluster[Symbol.asyncDispose]();
  }
  const last = warm.slice(5);
  emit(figure("cluster, first request in a warm process", median(last.map(({ serving }) => serving)), "ms"));
  emit(figure("cluster, node Ready in a warm process", median(last.map(({ ready }) => ready)), "ms"));
}

/** As programs of ours start: from Node's compile cache, with the sources' types stripped. */
async function asProcess(): Promise<Start> {
  const program = fileURLToPath(new URL("./first-request.ts", import.meta.url));
  const started = performance.now();
  const child = bound(
    spawn(process.execPath, [program], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
      // bin/ is JavaScript, so that nothing is stripped before the cache is on: here the entry is a source, too.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") },
    }),
  );
  const took: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== "200") throw new Error(`the cluster answered ${line}`);
    took.push(performance.now() - started);
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  const [serving, ready] = took;
  if (serving === undefined || ready === undefined) throw new Error("the cluster ended before it answered");
  return { serving, ready };
}
