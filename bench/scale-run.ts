import { EmbeddedCluster } from "../clusters/embedded/index.ts";
import { RealClock } from "../core/index.ts";
import { Deployments, Leases, Nodes, Pods, Secrets } from "../kube/index.ts";
import type { KubeObject } from "../kube/types.ts";
import { Journal } from "../net/index.ts";
import { median } from "./measure.ts";

/** What the child process says to the bench, one JSON object a line. */
export type ScaleReport = {
  readonly nodesSeconds: number;
  readonly nodesCpuSeconds: number;
  readonly podsSeconds: number;
  readonly podsCpuSeconds: number;
  readonly secretsSeconds: number;
  readonly leases: number;
  readonly listMs: number;
  readonly idleCpu: number;
  readonly restMiB: number;
  readonly peakMiB: number;
};

const [nodes = 1000, pods = 10_000, secrets = 5000] = process.argv.slice(2).map(Number);
const DEPLOYMENTS = 20;

const clock = new RealClock();
const since = (started: number): number => (performance.now() - started) / 1000;
const cpuSince = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};
const began = performance.now();
const cpuAtStart = process.cpuUsage();
// As many exchanges as `mountproof up` keeps.
const journal = new Journal(clock, { keep: 10_000 });
await using cluster = await new EmbeddedCluster({ clock, journal, nodes, mounts: "plain" }).start();
const ready = await cluster.admin.list(Nodes);
const isReady = (node: KubeObject): boolean =>
  (node as { status?: { conditions?: { type: string; status: string }[] } }).status?.conditions?.some(
    ({ type, status }) => type === "Ready" && status === "True",
  ) === true;
if (ready.items.filter(isReady).length !== nodes) throw new Error("not all nodes are Ready");
const nodesSeconds = since(began);
const nodesCpuSeconds = cpuSince(cpuAtStart);

const created = performance.now();
const cpuAtPods = process.cpuUsage();
const running = allRunning(pods);
await Promise.all(
  Array.from({ length: DEPLOYMENTS }, (_, index) => cluster.admin.create(Deployments, deployment(index) as never)),
);
await running;
const podsSeconds = since(created);
const podsCpuSeconds = cpuSince(cpuAtPods);

const wrote = performance.now();
const value = Buffer.alloc(1024, 7).toString("base64");
let next = 0;
await Promise.all(
  Array.from({ length: 8 }, async () => {
    while (next < secrets)
      await cluster.admin.create(Secrets, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: `secret-${next++}`, namespace: "default" },
        data: { value },
      } as never);
  }),
);
const secretsSeconds = since(wrote);
const { items: leases } = await cluster.admin.list(Leases, { namespace: "kube-node-lease" });
const listed: number[] = [];
for (let round = 0; round < 5; round++) {
  const started = performance.now();
  await cluster.admin.raw("GET", "/api/v1/pods");
  listed.push(performance.now() - started);
}
// What the lists left behind is cleared away first; then three renewals of each lease, and half of the pods anew.
await clock.sleep(10_000);
const before = process.cpuUsage();
const asleep = performance.now();
await clock.sleep(30_000);
const cpuAtRest = cpuSince(before);
const report: ScaleReport = {
  nodesSeconds,
  nodesCpuSeconds,
  podsSeconds,
  podsCpuSeconds,
  secretsSeconds,
  leases: leases.length,
  listMs: median(listed),
  idleCpu: cpuAtRest / since(asleep),
  restMiB: process.memoryUsage.rss() / 2 ** 20,
  peakMiB: process.resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(report));

/** Resolves when so many pods have been seen Running. */
async function allRunning(wanted: number): Promise<void> {
  const stop = new AbortController();
  const seen = new Set<string>();
  const events = cluster.admin.watch(Pods, { namespace: "default", signal: stop.signal });
  for await (const { object } of events) {
    if ((object as { status?: { phase?: string } }).status?.phase !== "Running") continue;
    seen.add(object.metadata.uid ?? "");
    if (process.env["MOUNTPROOF_SCALE_VERBOSE"] !== undefined && seen.size % 500 === 0)
      console.error(`${seen.size} Running`, since(created), process.memoryUsage.rss() / 2 ** 20);
    if (seen.size === wanted) return stop.abort();
  }
  throw new Error(`the watch ended when ${seen.size} of ${wanted} pods had been seen Running`);
}

function deployment(index: number): KubeObject {
  const labels = { app: `scale-${index}` };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `scale-${index}`, namespace: "default" },
    spec: {
      replicas: pods / DEPLOYMENTS,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "c", image: "registry.k8s.io/pause:3.10" }] },
      },
    },
  };
}
