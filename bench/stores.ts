import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RealClock, Scope } from "../core/index.ts";
import { bareGrpc } from "./baselines/grpc-unary.ts";
import { type Figure, figure, median, rateOf } from "./measure.ts";
import { gcp } from "./stores/gcp.ts";
import type { StoreBench } from "./stores/store.ts";

/** One entry a store; each starts its fake and its provider by itself. */
const STORES: readonly StoreBench[] = [gcp];

const LATENCY_MS = 20;
const OBJECTS = 30;
const ROUNDS = 15;
const READS = 100_000;
const IN_FLIGHT = 16;
const BIN = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));

/** What many objects cost a mount beside one, and how fast and how large the fake stores are as processes. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  for (const store of STORES) {
    await using scope = new Scope(`bench ${store.name}`);
    const clock = new RealClock();
    const { delay, mount } = await store.mounts(clock, scope);
    delay(LATENCY_MS);
    await mount(OBJECTS);
    const [one, many] = [await timeOf(() => mount(1)), await timeOf(() => mount(OBJECTS))];
    const beside = { name: "of 1 object", value: one };
    emit(figure(`${store.name}: mount of ${OBJECTS}, store ${LATENCY_MS} ms away`, many, "ms", beside));

    const folder = await mkdtemp(join(tmpdir(), "mountproof-bench-"));
    scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
    const bare = await bareGrpc(join(folder, "bare.sock"), Buffer.alloc(200));
    scope.defer("bare gRPC", () => bare.close());
    const { perSecond: baseline } = await rateOf(() => bare.call(), { inFlight: IN_FLIGHT, total: 5000 });
    const { url, child } = await startFake(store, folder, scope);
    const read = store.reader(url, clock, scope);
    const { perSecond } = await rateOf(read, { inFlight: IN_FLIGHT, total: READS });
    emit(figure(`${store.name}: reads of the fake`, perSecond, "calls/s", { name: "bare gRPC", value: baseline }));
    emit(figure(`${store.name}: RSS of the fake after ${READS} reads`, rssOf(child), "MB"));
  }
}

async function startFake(
  store: StoreBench,
  folder: string,
  scope: Scope,
): Promise<{ readonly url: URL; readonly child: ChildProcess }> {
  const seed = join(folder, "seed.json");
  await writeFile(seed, JSON.stringify(store.seed));
  const argv = [BIN, "fake", store.name, "--port", "0", "--seed", seed, ...store.fakeFlags];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  scope.defer("fake", () => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { url: new URL((JSON.parse(line.toString()) as { readonly url: string }).url), child };
}

/** Linux tells it in /proc; elsewhere it cannot be told of another process. */
function rssOf({ pid }: ChildProcess): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return median(times);
}
