import { afterEach, beforeEach, expect, test } from "vitest";
import { Scope } from "../../../../core/index.ts";
import {
  CronJobs,
  Deployments,
  type KubeClient,
  type KubeObject,
  Namespaces,
  Pods,
  type Resource,
  SecretProviderClasses,
  ServiceAccounts,
  Services,
} from "../../../../kube/index.ts";
import type { RunningApiServer } from "../index.ts";
import { account, pod, startServerRig } from "../testing/server-rig.ts";

let scope: Scope;
let admin: KubeClient;
let api: RunningApiServer;

beforeEach(async () => {
  scope = new Scope("test");
  ({ admin, api } = await startServerRig(scope));
  await admin.create(ServiceAccounts, account("app"));
});
afterEach(() => scope[Symbol.asyncDispose]());

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i" }] } };
const job = { template: { spec: { ...template.spec, restartPolicy: "Never" } } };
const sample = (apiVersion: string, kind: string, spec: object): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "a", namespace: "default", labels: { app: "a" } },
  spec,
});
const condition = { type: "Ready", status: "True", lastProbeTime: null, lastTransitionTime: null };

const KINDS: readonly (readonly [Resource, KubeObject, status: object | undefined, spec: object])[] = [
  [Pods, pod("a"), { phase: "Running", conditions: [condition] }, { activeDeadlineSeconds: 9 }],
  [
    Deployments,
    sample("apps/v1", "Deployment", { selector: { matchLabels: { app: "a" } }, template }),
    { replicas: 1 },
    { replicas: 2 },
  ],
  [
    Services,
    sample("v1", "Service", { ports: [{ port: 80 }] }),
    { loadBalancer: { ingress: [{ ip: "10.0.0.1" }] } },
    { sessionAffinity: "ClientIP" },
  ],
  [
    CronJobs,
    sample("batch/v1", "CronJob", { schedule: "* * * * *", jobTemplate: { spec: job } }),
    { lastScheduleTime: "2026-01-01T00:00:00Z" },
    { suspend: true },
  ],
  [
    SecretProviderClasses as Resource,
    sample("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", { provider: "p", parameters: { a: "b" } }),
    undefined,
    { parameters: { a: "c" } },
  ],
];

test.each(KINDS)("a past version of $plural is told as it was, whatever was written since", async (...row) => {
  const [kind, object, status, spec] = row;
  const target = { name: "a", namespace: "default" };
  const { metadata } = await admin.create(Namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } });
  const written = [await admin.create(kind, object)];
  const write = async (work: Promise<KubeObject>): Promise<void> => void written.push(await work);
  await write(admin.patch(kind, target, "merge", { metadata: { annotations: { note: "1" } } }));
  if (status !== undefined) await write(admin.patch(kind, target, "merge", { status }, { subresource: "status" }));
  await write(admin.patch(kind, target, "merge", { spec }));
  const changed = { metadata: { labels: { more: "1" } } };
  await write(admin.patch(kind, target, "apply", { ...head(object), ...changed }, { fieldManager: "applier" }));
  const last = await admin.get(kind, "a", "default");
  await write(admin.update(kind, { ...last, metadata: { ...last.metadata, annotations: { note: "2" } } }));
  expect(new Set(written.map((one) => one.metadata.resourceVersion)).size).toBe(written.length);

  const stop = new AbortController();
  const version = metadata.resourceVersion ?? "";
  const told: KubeObject[] = [];
  for await (const event of admin.watch(kind, { resourceVersion: version, signal: stop.signal })) {
    told.push(event.object);
    if (told.length === written.length) break;
  }
  stop.abort();
  expect(told).toEqual(written);
});

test("of a pod whose status is written again and again the rest is kept once", async () => {
  await admin.create(Pods, pod("a"));
  const stored = (): KubeObject | undefined => api.context.store.get("/pods", "default/a");
  const before = stored();
  const target = { name: "a", namespace: "default" };
  const status = { phase: "Running", conditions: [condition] };
  await admin.patch(Pods, target, "strategic", { status }, { subresource: "status" });
  const running = stored();
  expect(running?.["status"]).toMatchObject({ phase: "Running" });
  expect(running?.["spec"]).toBe(before?.["spec"]);
  await admin.update(Pods, await admin.get(Pods, "a", "default"), { subresource: "status" });
  expect(stored()).toBe(running);
  await admin.patch(Pods, target, "merge", { metadata: { labels: { a: "b" } } });
  expect(stored()?.["spec"]).toBe(before?.["spec"]);
  expect(stored()?.["status"]).toBe(running?.["status"]);
});

function head({ apiVersion, kind }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name: "a" } };
}
