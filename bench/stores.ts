import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RealClock, Scope } from "../core/index.ts";
import { bound, temporaryFolder } from "./lifetime.ts";
import { type LoadTarget, loadOf } from "./load.ts";
import { type Figure, figure, median } from "./measure.ts";
import { cpuOf, rssOf } from "./process-figures.ts";
import { aws } from "./stores/aws.ts";
import { azure } from "./stores/azure.ts";
import { gcp } from "./stores/gcp.ts";
import type { FakeLine, StoreBench } from "./stores/store.ts";
import { vault } from "./stores/vault.ts";

/** One entry a store; each starts its fake and its provider by itself. */
const STORES = { aws, azure, gcp, vault } satisfies Readonly<Record<string, StoreBench>>;

const LATENCY_MS = 20;
const OBJECTS = 30;
const ROUNDS = 15;
const READS = 100_000;
/** Of an emulator, which is slower. */
const EMULATED_READS = 1000;
const BIN = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));

/** What many objects cost a mount beside one, and how fast and how large the fake stores are as processes. */
export async function run(emit: (figure: Figure) => void, name: keyof typeof STORES): Promise<void> {
  await mounts(STORES[name], emit);
  await reads(STORES[name], emit);
}

async function mounts(store: StoreBench, emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope(`bench mounts of ${store.name}`);
  const { delay, mount } = await store.mounts(new RealClock(), scope);
  await delay(LATENCY_MS);
  await mount(OBJECTS);
  const [one, many]: number[][] = [[], []];
  // In turns: a machine that others use, too, is not the same a second later.
  for (let round = 0; round < ROUNDS; round++) {
    one?.push(await timeOf(() => mount(1)));
    many?.push(await timeOf(() => mount(OBJECTS)));
  }
  const beside = { name: "of 1 object", value: median(one ?? []) };
  emit(figure(`${store.name}: mount of ${OBJECTS}, store ${LATENCY_MS} ms away`, median(many ?? []), "ms", beside));
}

/** The fake as a process, beside the emulator that people use otherwise: the same request to both. */
async function reads(store: StoreBench, emit: (figure: Figure) => void): Promise<void> {
  await fillCompileCache(store);
  await using scope = new Scope(`bench reads of ${store.name}`);
  const { child, line } = await startFake(store, scope);
  const url = new URL(line.url);
  const request = await store.reader(url, line);
  const ours = await cost({ url, request, ...(line.caPem !== undefined && { caPem: line.caPem }) }, child.pid, READS);
  const emulator = await store.emulator?.(scope);
  const theirs = emulator && (await cost(emulator, emulator.pid, EMULATED_READS));
  const beside = (value: number | undefined) =>
    emulator !== undefined && value !== undefined ? { name: emulator.name, value } : undefined;
  emit(figure(`${store.name}: reads of the fake`, ours.perSecond, "1/s", beside(theirs?.perSecond)));
  emit(figure(`${store.name}: CPU of a read at the fake`, ours.cpuMs, "ms", beside(theirs?.cpuMs)));
  emit(figure(`${store.name}: RSS of the fake after ${READS} reads`, rssOf(child.pid), "MB"));
}

async function cost(
  target: LoadTarget,
  pid: number | undefined,
  total: number,
): Promise<{ readonly perSecond: number; readonly cpuMs: number }> {
  await loadOf(target, total / 10);
  const before = cpuOf(pid);
  const { perSecond } = await loadOf(target, total);
  return { perSecond, cpuMs: (cpuOf(pid) - before) / total };
}

/** What is published has no types; who strips them from the sources, the first time, keeps 16 MB for it. */
async function fillCompileCache(store: StoreBench): Promise<void> {
  await using scope = new Scope(`bench first start of ${store.name}`);
  await startFake(store, scope);
}

async function startFake(
  store: StoreBench,
  scope: Scope,
): Promise<{ readonly line: FakeLine; readonly child: ChildProcess }> {
  const seed = join(temporaryFolder(scope), "seed.json");
  await writeFile(seed, JSON.stringify(store.seed));
  const argv = [BIN, "fake", store.name, "--port", "0", "--seed", seed, ...store.fakeFlags];
  const child = bound(spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"], detached: true }));
  scope.defer("fake", () => void child.kill("SIGKILL"));
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { line: JSON.parse(said.toString()) as FakeLine, child };
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
