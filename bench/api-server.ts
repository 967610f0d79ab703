import { type Clock, RealClock, Scope } from "../core/index.ts";
import type { KubeConfig } from "../kube/client.ts";
import { createKubeClient, type KubeClient, Pods } from "../kube/index.ts";
import type { KubeObject } from "../kube/types.ts";
import { type MeasuredServer, ownServer, realServer } from "./api-servers.ts";
import { type Figure, figure, median, rateOf } from "./measure.ts";

const WATCHERS = 500;
const PODS = 10_000;
const SECRETS = 5000;
const SECRET_BYTES = 1024;
const MAPS = "/api/v1/namespaces/default/configmaps";

type Measured = ReadonlyMap<string, { readonly value: number; readonly unit: string }>;

/**
 * The API server in a process of its own, over HTTPS: reads and writes a second, what a change costs many watchers, a
 * long list, memory. Beside it, the same asked of a real kube-apiserver and etcd, where `KUBEBUILDER_ASSETS` names them.
 */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  const clock = new RealClock();
  const ours = await measured(async (scope) => await ownServer(scope), clock);
  const theirs = await measured((scope) => realServer(scope, clock), clock);
  for (const [name, { unit, value }] of ours ?? []) {
    const other = theirs?.get(name);
    const beside = other === undefined ? undefined : { name: "kube-apiserver and etcd", value: other.value };
    emit(figure(`API server, ${name}`, value, unit, beside));
  }
}

/** Undefined where there is no such server. */
async function measured(
  start: (scope: Scope) => Promise<MeasuredServer | undefined>,
  clock: Clock,
): Promise<Measured | undefined> {
  await using scope = new Scope("bench API server");
  const server = await start(scope);
  if (server === undefined) return undefined;
  const client = scope.use(createKubeClient(server.config, { clock }));
  const found = new Map<string, { value: number; unit: string }>();
  const take = (name: string, value: number, unit: string): void => void found.set(name, { value, unit });
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await client.raw("POST", "/api/v1/namespaces/default/serviceaccounts", { body: account });
  await rates(client, take);
  take(`a change at ${WATCHERS} watchers, p99 of 50`, await fanOut(server.config, client, clock), "ms");
  const created = await rateOf((index) => client.create(Pods, pod(`p${index}`) as never), { inFlight: 8, total: PODS });
  take("creations of a Pod", created.perSecond, "/s");
  take(`list of ${PODS.toLocaleString("en")} pods`, await listed(client), "ms");
  await rateOf((index) => must(client, "POST", "/api/v1/namespaces/default/secrets", secret(index)), {
    inFlight: 8,
    total: SECRETS,
  });
  take(
    `RSS with ${PODS.toLocaleString("en")} pods and ${SECRETS.toLocaleString("en")} Secrets`,
    server.rssMiB(),
    "MiB",
  );
  return found;
}

/** A refusal would be quick, and no figure. */
async function must(
  client: KubeClient,
  method: string,
  path: string,
  body?: object,
  contentType?: string,
): Promise<void> {
  const { body: text, status } = await client.raw(method, path, {
    ...(body !== undefined && { body }),
    ...(contentType !== undefined && { contentType }),
  });
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 200)}`);
}

async function rates(client: KubeClient, take: (name: string, value: number, unit: string) => void): Promise<void> {
  const writes = await rateOf((index) => must(client, "POST", MAPS, map(`m${index}`)), { inFlight: 8, total: 2000 });
  take("creations of a ConfigMap", writes.perSecond, "/s");
  const reads = await rateOf((index) => must(client, "GET", `${MAPS}/m${index % 1000}`), { inFlight: 8, total: 4000 });
  take("reads of a ConfigMap", reads.perSecond, "/s");
  const applies = await rateOf(
    (index) => {
      const applied = { ...map(`a${index % 50}`), data: { key: String(index) } };
      return must(
        client,
        "PATCH",
        `${MAPS}/a${index % 50}?fieldManager=bench`,
        applied,
        "application/apply-patch+yaml",
      );
    },
    { inFlight: 8, total: 1000 },
  );
  take("server-side applies of a ConfigMap", applies.perSecond, "/s");
}

async function listed(client: KubeClient): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    await must(client, "GET", "/api/v1/namespaces/default/pods");
    took.push(performance.now() - started);
  }
  return median(took);
}

/** From a write to the moment at which the last of many watchers has its event: the 99th percentile, in milliseconds. */
async function fanOut(config: KubeConfig, client: KubeClient, clock: Clock): Promise<number> {
  const stop = new AbortController();
  const arrived = new Map<string, { left: number; done: () => void }>();
  // One client keeps 128 connections at most.
  const readers = Array.from({ length: WATCHERS / 100 }, () => createKubeClient(config, { clock }));
  const maps = { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true } as const;
  const space = "/api/v1/namespaces/kube-public/configmaps";
  await client.raw("POST", "/api/v1/namespaces", {
    body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-public" } },
  });
  const { metadata } = JSON.parse((await client.raw("GET", space)).body) as { metadata: { resourceVersion: string } };
  for (let index = 0; index < WATCHERS; index++)
    void (async () => {
      const reader = readers[index % readers.length] ?? client;
      const options = { namespace: "kube-public", resourceVersion: metadata.resourceVersion, signal: stop.signal };
      try {
        for await (const { object } of reader.watch(maps, options)) {
          const waiting = arrived.get(object.metadata.name ?? "");
          if (waiting !== undefined && --waiting.left === 0) waiting.done();
        }
      } catch {
        if (!stop.signal.aborted) throw new Error("a watch ended early");
      }
    })();
  const change = async (name: string): Promise<number> => {
    const all = new Promise<void>((done) => arrived.set(name, { left: WATCHERS, done }));
    const started = performance.now();
    await must(client, "POST", space, { apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
    await all;
    return performance.now() - started;
  };
  // Each watch begins at the version before the first change, so that one arrives everywhere, however late it opens.
  await change("first");
  const took: number[] = [];
  for (let round = 0; round < 50; round++) took.push(await change(`fan-${round}`));
  stop.abort();
  for (const reader of readers) await reader[Symbol.asyncDispose]();
  return took.sort((a, b) => a - b).at(-1) ?? Number.NaN;
}

function map(name: string): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { key: "value" } } as KubeObject;
}

function secret(index: number): object {
  const value = Buffer.alloc(SECRET_BYTES, index).toString("base64");
  return { apiVersion: "v1", kind: "Secret", metadata: { name: `s${index}` }, data: { value } };
}

function pod(name: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: "bench" } },
    spec: { containers: [{ name: "c", image: "registry.k8s.io/pause:3.10", resources: { requests: { cpu: "10m" } } }] },
  } as KubeObject;
}
