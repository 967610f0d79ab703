import { EmbeddedApiServer } from "../clusters/embedded/apiserver/index.ts";
import { RealClock } from "../core/index.ts";
import type { KubeConfig } from "../kube/client.ts";
import { createKubeClient, Pods } from "../kube/index.ts";
import type { KubeObject } from "../kube/types.ts";
import { type Figure, figure, median, rateOf } from "./measure.ts";

const WATCHERS = 500;
const PODS = 10_000;

/** The API server by itself, over HTTPS: reads and writes a second, what a change costs many watchers, a long list. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  const clock = new RealClock();
  await using api = await new EmbeddedApiServer({ clock }).start();
  await using client = createKubeClient(api.adminConfig, { clock });
  const maps = "/api/v1/namespaces/default/configmaps";
  const map = (name: string): KubeObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data: { key: "value" },
  });
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await client.raw("POST", "/api/v1/namespaces/default/serviceaccounts", { body: account });

  const writes = await rateOf((index) => client.raw("POST", maps, { body: map(`m${index}`) }), {
    inFlight: 8,
    total: 2000,
  });
  emit(figure("API server, creations of a ConfigMap", writes.perSecond, "/s"));
  const reads = await rateOf((index) => client.raw("GET", `${maps}/m${index % 1000}`), { inFlight: 8, total: 4000 });
  emit(figure("API server, reads of a ConfigMap", reads.perSecond, "/s"));
  const applies = await rateOf(
    (index) =>
      client.raw("PATCH", `${maps}/a${index % 50}?fieldManager=bench`, {
        body: { ...map(`a${index % 50}`), data: { key: String(index) } },
        contentType: "application/apply-patch+yaml",
      }),
    { inFlight: 8, total: 1000 },
  );
  emit(figure("API server, server-side applies of a ConfigMap", applies.perSecond, "/s"));

  await fanOut(api.adminConfig, client, emit);

  const pods = "/api/v1/namespaces/default/pods";
  const before = process.memoryUsage().rss;
  const created = await rateOf((index) => client.create(Pods, pod(`p${index}`) as never), { inFlight: 8, total: PODS });
  emit(figure("API server, creations of a Pod", created.perSecond, "/s"));
  emit(
    figure(
      `API server, memory of ${PODS.toLocaleString("en")} pods`,
      (process.memoryUsage().rss - before) / 2 ** 20,
      "MiB",
    ),
  );
  const took: number[] = [];
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    await client.raw("GET", pods);
    took.push(performance.now() - started);
  }
  emit(figure(`API server, list of ${PODS.toLocaleString("en")} pods`, median(took), "ms"));
}

/** From a write to the moment at which the last of many watchers has its event. */
async function fanOut(
  config: KubeConfig,
  client: ReturnType<typeof createKubeClient>,
  emit: (figure: Figure) => void,
): Promise<void> {
  const stop = new AbortController();
  const arrived = new Map<string, { left: number; done: () => void }>();
  const ready: Promise<void>[] = [];
  // One client keeps 128 connections at most.
  const readers = Array.from({ length: WATCHERS / 100 }, () => createKubeClient(config, { clock: new RealClock() }));
  for (let index = 0; index < WATCHERS; index++)
    ready.push(
      new Promise((resolve) => {
        void (async () => {
          const reader = readers[index % readers.length] ?? client;
          const events = reader.watch(
            { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true },
            { namespace: "kube-public", signal: stop.signal, sendInitialEvents: true, allowBookmarks: true } as never,
          );
          try {
            for await (const { object, type } of events) {
              // The bookmark behind the initial events: it listens.
              if (type === "BOOKMARK") resolve();
              const waiting = arrived.get(object.metadata.name ?? "");
              if (waiting !== undefined && --waiting.left === 0) waiting.done();
            }
          } catch {
            if (!stop.signal.aborted) throw new Error("a watch ended early");
          }
        })();
      }),
    );
  await Promise.all(ready);
  const took: number[] = [];
  for (let round = 0; round < 20; round++) {
    const name = `fan-${round}`;
    const all = new Promise<void>((done) => arrived.set(name, { left: WATCHERS, done }));
    const started = performance.now();
    await client.raw("POST", "/api/v1/namespaces/kube-public/configmaps", {
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name } },
    });
    await all;
    took.push(performance.now() - started);
  }
  stop.abort();
  for (const reader of readers) await reader[Symbol.asyncDispose]();
  took.sort((a, b) => a - b);
  emit(figure(`API server, a change at ${WATCHERS} watchers, p99 of 20`, took.at(-1) ?? 0, "ms"));
}

function pod(name: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: "bench" } },
    spec: { containers: [{ name: "c", image: "registry.k8s.io/pause:3.10", resources: { requests: { cpu: "10m" } } }] },
  };
}
