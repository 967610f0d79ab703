import { afterEach, beforeEach, expect, test } from "vitest";
import { Scope, seconds, silentLog, type VirtualClock } from "../../../../core/index.ts";
import {
  ConfigMaps,
  type KubeClient,
  type KubeObject,
  KubeStatusError,
  startInformer,
} from "../../../../kube/index.ts";
import type { RunningApiServer } from "../index.ts";
import { configMap, startServerRig, statusOf } from "../testing/server-rig.ts";

let scope: Scope;
let clock: VirtualClock;
let api: RunningApiServer;
let admin: KubeClient;

beforeEach(async () => {
  scope = new Scope("test");
  ({ clock, api, admin } = await startServerRig(scope));
});
afterEach(() => scope[Symbol.asyncDispose]());

test("a watch tells what comes after its version, and 410 when that is forgotten", async () => {
  const first = await admin.create(ConfigMaps, configMap("a"));
  await admin.create(ConfigMaps, configMap("b"));
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const event of admin.watch(ConfigMaps, {
    resourceVersion: first.metadata.resourceVersion ?? "",
    signal: stop.signal,
  })) {
    seen.push(`${event.type} ${event.object.metadata.name}`);
    break;
  }
  expect(seen).toEqual(["ADDED b"]);
  api.compact();
  const old = async (): Promise<void> => {
    for await (const _ of admin.watch(ConfigMaps, { resourceVersion: "2", signal: stop.signal })) break;
  };
  expect(await statusOf(old())).toMatchObject({ reason: "Expired", code: 410 });
});

test("an informer sees what enters and leaves its selection", async () => {
  const informer = scope.use(startInformer(admin, ConfigMaps, { labelSelector: "on=yes" }, { clock, log: silentLog }));
  await informer.synced;
  const labelled = { ...configMap("a"), metadata: { name: "a", namespace: "default", labels: { on: "yes" } } };
  const made = await admin.create(ConfigMaps, labelled);
  await clock.advance(0);
  expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
  await admin.update(ConfigMaps, { ...made, metadata: { ...made.metadata, labels: { on: "no" } } });
  await clock.advance(0);
  expect(informer.list()).toEqual([]);
});

test("an informer knows nobody's fields, and keeps once what two versions of an object have in common", async () => {
  const informer = scope.use(startInformer(admin, ConfigMaps, { namespace: "default" }, { clock, log: silentLog }));
  await informer.synced;
  const labels = { a: "b" };
  const { data } = await admin.create(ConfigMaps, {
    ...configMap("a", { key: "value" }),
    metadata: { name: "a", namespace: "default", labels },
  });
  await clock.settle();
  const before = informer.get("a", "default");
  expect(before?.metadata).not.toHaveProperty("managedFields");
  await admin.patch(ConfigMaps, { name: "a", namespace: "default" }, "merge", { metadata: { annotations: labels } });
  await clock.settle();
  const after = informer.get("a", "default");
  expect(after?.metadata).toMatchObject({ labels, annotations: labels });
  expect(after).toMatchObject({ data });
  expect(after?.["data"]).toBe(before?.["data"]);
  expect(after?.metadata.labels).toBe(before?.metadata.labels);
  const owned = (await admin.get(ConfigMaps, "a", "default")).metadata.managedFields;
  // What an informer showed may be written back: who owned which field still does.
  await admin.update(ConfigMaps, { ...after, data: { key: "other" } } as KubeObject);
  expect((await admin.get(ConfigMaps, "a", "default")).metadata.managedFields).toHaveLength(owned?.length ?? 0);
});

test("an informer that streams asks once, misses nothing, and begins anew when its history is forgotten", async () => {
  const asked: string[] = [];
  const counted: KubeClient = {
    ...admin,
    list: async () => expect.unreachable(),
    watch: (kind, options) => {
      asked.push(options.resourceVersion === undefined ? "from the start" : "from a version");
      return admin.watch(kind, options);
    },
  };
  await admin.create(ConfigMaps, configMap("a"));
  const selection = { namespace: "default" };
  const informer = scope.use(
    startInformer(counted, ConfigMaps, selection, { clock, log: silentLog, isStreaming: true }),
  );
  await informer.synced;
  const names = (): (string | undefined)[] => informer.list().map(({ metadata }) => metadata.name);
  expect(names()).toEqual(["a"]);
  await admin.create(ConfigMaps, configMap("b"));
  await clock.settle();
  expect(names()).toEqual(["a", "b"]);
  expect(asked).toEqual(["from the start"]);
  await informer[Symbol.asyncDispose]();

  // A watch whose version is gone: what was deleted meanwhile goes, what is there stays.
  let isFirst = true;
  const cut: KubeClient = {
    ...counted,
    watch: async function* (kind, options) {
      for await (const event of counted.watch(kind, options)) {
        yield event as never;
        if (event.type === "BOOKMARK" && isFirst) {
          isFirst = false;
          await admin.delete(ConfigMaps, { name: "a", namespace: "default" });
          api.compact();
          return;
        }
      }
    },
  };
  const again = scope.use(startInformer(cut, ConfigMaps, selection, { clock, log: silentLog, isStreaming: true }));
  await again.synced;
  await clock.advance(seconds(60));
  expect(again.list().map(({ metadata }) => metadata.name)).toEqual(["b"]);
});

test("an informer that streams lists where the server shows nothing at the start of a watch", async () => {
  const refusing: KubeClient = {
    ...admin,
    watch: (kind, options) => {
      if (options.resourceVersion !== undefined) return admin.watch(kind, options);
      throw new KubeStatusError({
        apiVersion: "v1",
        metadata: {},
        status: "Failure",

        kind: "Status",
        code: 422,
        reason: "Invalid",
        message: "sendInitialEvents: Forbidden",
      });
    },
  };
  await admin.create(ConfigMaps, configMap("a"));
  const context = { clock, log: silentLog, isStreaming: true };
  const informer = scope.use(startInformer(refusing, ConfigMaps, { namespace: "default" }, context));
  await informer.synced;
  expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
});

test("an unknown resource, verb, selector and form are refused", async () => {
  const answer = async (path: string, headers?: { accept: string }) => (await admin.raw("GET", path, headers)).status;
  expect(await answer("/api/v1/namespaces/default/nosuchthings")).toBe(404);
  expect(await answer("/apis/none.example.com/v1/things")).toBe(404);
  expect(await answer("/api/v1/pods?fieldSelector=spec.nonsense%3Dx")).toBe(400);
  expect(await answer("/api/v1/pods", { accept: "text/csv" })).toBe(406);
  expect((await admin.raw("POST", "/api/v1/configmaps", { body: configMap("a") })).status).toBe(405);
  expect((await admin.raw("PATCH", "/api/v1/namespaces/default", { body: {}, contentType: "text/plain" })).status).toBe(
    415,
  );
});

test("time stands still for the server: a watch without news ends by the clock", async () => {
  const stop = new AbortController();
  const watching = (async () => {
    for await (const _ of admin.watch(ConfigMaps, { resourceVersion: "1", signal: stop.signal }));
    return "ended";
  })();
  await clock.advance(seconds(3 * 3600));
  expect(await watching).toBe("ended");
  stop.abort();
});

test("a continued list is of the version it began with, and gone when the history is", async () => {
  const path = "/api/v1/namespaces/default/configmaps";
  for (const name of ["a", "b", "c", "d"]) await admin.raw("POST", path, { body: { metadata: { name } } as never });
  type List = { items: { metadata: { name: string } }[]; metadata: { continue?: string; remainingItemCount?: number } };
  const first = JSON.parse((await admin.raw("GET", `${path}?limit=2`)).body) as List;
  await admin.raw("DELETE", `${path}/c`);
  await admin.raw("POST", path, { body: { metadata: { name: "cc" } } as never });
  const rest = await admin.raw("GET", `${path}?limit=9&continue=${first.metadata.continue}`);
  const names = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name);
  expect(names(first)).toEqual(["a", "b"]);
  expect(names(JSON.parse(rest.body) as List)).toEqual(["c", "d"]);
  api.compact();
  expect((await admin.raw("GET", `${path}?continue=${first.metadata.continue}`)).status).toBe(410);
});
