import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scope, seconds, silentLog, VirtualClock } from "../../../core/index.ts";
import {
  ClusterRoleBindings,
  ConfigMaps,
  createKubeClient,
  type KubeClient,
  type KubeObject,
  Namespaces,
  Pods,
  SecretProviderClasses,
  Secrets,
  ServiceAccounts,
  startInformer,
  TokenReviews,
} from "../../../kube/index.ts";
import { decodeJwt } from "../../../net/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "./index.ts";

let scope: Scope;
let clock: VirtualClock;
let api: RunningApiServer;
let admin: KubeClient;

beforeEach(async () => {
  scope = new Scope("test");
  clock = new VirtualClock(Date.parse("2026-01-02T03:04:05Z"));
  api = scope.use(await new EmbeddedApiServer({ clock }).start());
  admin = scope.use(createKubeClient(api.adminConfig, { clock }));
});
afterEach(() => scope[Symbol.asyncDispose]());

const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data,
});
const account = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace: "default" },
});
const pod = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: { serviceAccountName: "app", containers: [{ name: "main", image: "busybox" }] },
});
async function statusOf(work: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  const error = await work.then(
    () => undefined,
    (caught) => caught,
  );
  return { code: error?.code, reason: error?.reason, message: error?.message };
}

describe("writes", () => {
  test("an object gets what only the server sets, and comes back as it is stored", async () => {
    const created = await admin.create(ConfigMaps, configMap("a", { key: "value" }));
    expect(created.metadata).toMatchObject({
      namespace: "default",
      creationTimestamp: "2026-01-02T03:04:05Z",
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^[1-9]\d*$/),
    });
    expect(await admin.get(ConfigMaps, "a", "default")).toEqual(created);
  });

  test("a second of the same name, a stale version and another uid are conflicts", async () => {
    const created = await admin.create(ConfigMaps, configMap("a"));
    expect(await statusOf(admin.create(ConfigMaps, configMap("a")))).toMatchObject({
      code: 409,
      reason: "AlreadyExists",
    });
    await admin.update(ConfigMaps, { ...created, data: { a: "1" } });
    expect(await statusOf(admin.update(ConfigMaps, { ...created, data: { a: "2" } }))).toMatchObject({
      reason: "Conflict",
    });
    const other = { ...created, metadata: { ...created.metadata, resourceVersion: "", uid: "other" } };
    expect(await statusOf(admin.update(ConfigMaps, other))).toMatchObject({ code: 409, reason: "Conflict" });
  });

  test("an update of nothing changes no version and tells no watcher", async () => {
    const created = await admin.create(ConfigMaps, configMap("a", { key: "value" }));
    const updated = await admin.update(ConfigMaps, created);
    expect(updated.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
  });

  test.each([
    ["json", [{ op: "add", path: "/data/b", value: "2" }]],
    ["merge", { data: { b: "2" } }],
    ["strategic", { data: { b: "2" } }],
  ] as const)("a %s patch changes what it names and keeps the rest", async (type, patch) => {
    await admin.create(ConfigMaps, configMap("a", { a: "1" }));
    const patched = await admin.patch(ConfigMaps, { name: "a", namespace: "default" }, type, patch);
    expect(patched["data"]).toEqual({ a: "1", b: "2" });
  });

  test("a dry run shows what would be stored, and stores nothing", async () => {
    const shown = await admin.create(ConfigMaps, configMap("a"), { dryRun: true });
    expect(shown.metadata.uid).toBeDefined();
    expect(await admin.find(ConfigMaps, "a", "default")).toBeUndefined();
  });

  test("a namespace that is not there is a 404, one that is being deleted a 403", async () => {
    const elsewhere = { ...configMap("a"), metadata: { name: "a", namespace: "nowhere" } };
    expect(await statusOf(admin.create(ConfigMaps, elsewhere))).toMatchObject({
      code: 404,
      message: 'namespaces "nowhere" not found',
    });
    await admin.create(Namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "going" } });
    await admin.delete(Namespaces, { name: "going" });
    const late = { ...configMap("a"), metadata: { name: "a", namespace: "going" } };
    expect(await statusOf(admin.create(ConfigMaps, late))).toMatchObject({ code: 403, reason: "Forbidden" });
  });

  test("a Secret's plain text is stored as data, and an immutable one refuses to change", async () => {
    const made = await admin.create(Secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "default" },
      stringData: { password: "x" },
      immutable: true,
    });
    expect(made).toMatchObject({ type: "Opaque", data: { password: "eA==" } });
    expect(made["stringData"]).toBeUndefined();
    expect(await statusOf(admin.update(Secrets, { ...made, data: {} }))).toMatchObject({
      code: 422,
      reason: "Invalid",
    });
  });

  test("finalizers keep what is deleted until the last is gone", async () => {
    const kept = { ...configMap("a"), metadata: { name: "a", namespace: "default", finalizers: ["example.org/hold"] } };
    await admin.create(ConfigMaps, kept);
    await admin.delete(ConfigMaps, { name: "a", namespace: "default" });
    const marked = await admin.get(ConfigMaps, "a", "default");
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    await admin.update(ConfigMaps, { ...marked, metadata: { ...marked.metadata, finalizers: [] } });
    expect(await admin.find(ConfigMaps, "a", "default")).toBeUndefined();
  });

  test("a pod on a node is deleted gracefully, and its grace can only shrink", async () => {
    await admin.create(ServiceAccounts, account("app"));
    await admin.create(Pods, { ...pod("p"), spec: { ...(pod("p")["spec"] as object), nodeName: "node-0" } });
    const at = { name: "p", namespace: "default" };
    await admin.delete(Pods, at);
    expect((await admin.get(Pods, "p", "default")).metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: "2026-01-02T03:04:35Z",
    });
    await admin.delete(Pods, at, { gracePeriodSeconds: 60 });
    expect((await admin.get(Pods, "p", "default")).metadata.deletionGracePeriodSeconds).toBe(30);
    await admin.delete(Pods, at, { gracePeriodSeconds: 0 });
    expect(await admin.find(Pods, "p", "default")).toBeUndefined();
  });
});

describe("reads", () => {
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
    const informer = scope.use(
      startInformer(admin, ConfigMaps, { labelSelector: "on=yes" }, { clock, log: silentLog }),
    );
    await informer.synced;
    const labelled = { ...configMap("a"), metadata: { name: "a", namespace: "default", labels: { on: "yes" } } };
    const made = await admin.create(ConfigMaps, labelled);
    await clock.advance(0);
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
    await admin.update(ConfigMaps, { ...made, metadata: { ...made.metadata, labels: { on: "no" } } });
    await clock.advance(0);
    expect(informer.list()).toEqual([]);
  });

  test("an unknown resource, verb, selector and form are refused", async () => {
    const answer = async (path: string, headers?: { accept: string }) => (await admin.raw("GET", path, headers)).status;
    expect(await answer("/api/v1/namespaces/default/nosuchthings")).toBe(404);
    expect(await answer("/apis/none.example.com/v1/things")).toBe(404);
    expect(await answer("/api/v1/pods?fieldSelector=spec.nonsense%3Dx")).toBe(400);
    expect(await answer("/api/v1/pods", { accept: "text/csv" })).toBe(406);
    expect((await admin.raw("POST", "/api/v1/configmaps", { body: configMap("a") })).status).toBe(405);
    expect(
      (await admin.raw("PATCH", "/api/v1/namespaces/default", { body: {}, contentType: "text/plain" })).status,
    ).toBe(415);
  });
});

describe("CustomResources", () => {
  const secretProviderClass = (spec: object): KubeObject => ({
    apiVersion: "secrets-store.csi.x-k8s.io/v1",
    kind: "SecretProviderClass",
    metadata: { name: "app", namespace: "default" },
    spec,
  });

  test("a SecretProviderClass is pruned, validated and counts its generations", async () => {
    const made = await admin.create(SecretProviderClasses, secretProviderClass({ provider: "vault", nonsense: 1 }));
    expect(made.spec).toEqual({ provider: "vault" });
    expect(made.metadata.generation).toBe(1);
    const changed = await admin.update(SecretProviderClasses, { ...made, spec: { provider: "aws" } });
    expect(changed.metadata.generation).toBe(2);
    const wrong = { ...secretProviderClass({ provider: 7 }), metadata: { name: "b", namespace: "default" } };
    const refusal = await statusOf(admin.create(SecretProviderClasses, wrong));
    expect(refusal).toMatchObject({ code: 422, reason: "Invalid" });
    expect(refusal.message).toContain("spec.provider");
  });

  test("an update must name the version it replaces", async () => {
    const made = await admin.create(SecretProviderClasses, secretProviderClass({ provider: "vault" }));
    const blind = { ...made, metadata: { ...made.metadata, resourceVersion: "" } };
    expect((await statusOf(admin.update(SecretProviderClasses, blind))).message).toContain(
      "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
    );
  });

  test("a deprecated version answers with its warning", async () => {
    const { headers, status } = await admin.raw(
      "GET",
      "/apis/secrets-store.csi.x-k8s.io/v1alpha1/namespaces/default/secretproviderclasses",
    );
    expect(status).toBe(200);
    expect(headers["warning"]).toContain("secrets-store.csi.x-k8s.io/v1alpha1 is deprecated");
  });

  test("a definition's kinds are served in the instant it is stored, and gone with it", async () => {
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.org" },
      spec: {
        group: "example.org",
        scope: "Namespaced",
        names: { plural: "things", kind: "Thing" },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
      },
    };
    const path = "/apis/example.org/v1/namespaces/default/things";
    expect((await admin.raw("GET", path)).status).toBe(404);
    const all = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    expect((await admin.raw("POST", all, { body: definition })).status).toBe(201);
    expect((await admin.raw("GET", path)).status).toBe(200);
    await admin.raw("DELETE", `${all}/things.example.org`);
    await clock.advance(seconds(1));
    expect((await admin.raw("GET", path)).status).toBe(404);
  });
});

describe("identity", () => {
  test("nobody gets in without credentials, but for health and the issuer's documents", async () => {
    const nobody = scope.use(createKubeClient({ ...api.adminConfig, credentials: { kind: "none" } }, { clock }));
    expect((await nobody.raw("GET", "/api/v1/pods")).status).toBe(401);
    expect((await nobody.raw("GET", "/healthz")).body).toBe("ok");
    const { body } = await nobody.raw("GET", "/.well-known/openid-configuration");
    expect(JSON.parse(body)).toMatchObject({ issuer: api.issuer.url, jwks_uri: `${api.url}/openid/v1/jwks` });
  });

  async function tokenFor(name: string, spec: object = {}): Promise<string> {
    const request: KubeObject = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name, namespace: "default" },
      spec,
    };
    const made = await admin.create(ServiceAccounts, request, { subresource: "token" });
    return (made as { status?: { token: string } }).status?.token ?? "";
  }
  const reviewed = async (token: string, audiences: string[]) =>
    (
      await admin.create(TokenReviews, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        metadata: {},
        spec: { token, audiences },
      })
    )["status"] as { authenticated?: boolean; user?: { username?: string } };

  test("a bound token is good for its audience until its pod is gone", async () => {
    await admin.create(ServiceAccounts, account("app"));
    const { metadata } = await admin.create(Pods, pod("p"));
    const token = await tokenFor("app", {
      audiences: ["vault"],
      boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "p", uid: metadata.uid },
    });
    expect(decodeJwt(token).claims["iss"]).toBe(api.issuer.url);
    expect(await reviewed(token, ["vault"])).toMatchObject({
      authenticated: true,
      user: { username: "system:serviceaccount:default:app" },
    });
    expect((await reviewed(token, ["other"])).authenticated).toBeUndefined();
    await admin.delete(Pods, { name: "p", namespace: "default" });
    expect((await reviewed(token, ["vault"])).authenticated).toBeUndefined();
  });

  test("a rotated key signs from then on, and a retired one no longer verifies", async () => {
    await admin.create(ServiceAccounts, account("app"));
    const old = await tokenFor("app", { audiences: ["a"] });
    await api.authority.rotateSigningKey();
    const young = await tokenFor("app", { audiences: ["a"] });
    expect((await reviewed(old, ["a"])).authenticated).toBe(true);
    await api.authority.rotateSigningKey({ retire: true });
    expect((await reviewed(old, ["a"])).authenticated).toBeUndefined();
    expect((await reviewed(young, ["a"])).authenticated).toBeUndefined();
  });

  test("a ServiceAccount may do what a binding gives it, from the write of the binding on", async () => {
    await admin.create(ServiceAccounts, account("app"));
    const own = scope.use(
      createKubeClient({ ...api.adminConfig, credentials: { kind: "token", token: await tokenFor("app") } }, { clock }),
    );
    expect((await statusOf(own.list(Pods, { namespace: "default" }))).message).toBe(
      'pods is forbidden: User "system:serviceaccount:default:app" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    await admin.create(ClusterRoleBindings, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "app-view" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "app", namespace: "default" }],
    });
    expect((await own.list(Pods, { namespace: "default" })).items).toEqual([]);
    expect((await statusOf(own.list(Secrets, { namespace: "default" }))).reason).toBe("Forbidden");
  });

  test("a kubelet reads the Secrets of its own pods and no others", async () => {
    const config = await api.configFor({ name: "system:node:node-0", groups: ["system:nodes"] });
    const kubelet = scope.use(createKubeClient(config, { clock }));
    const secret = (name: string): KubeObject => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: "default" },
    });
    await admin.create(Secrets, secret("mine"));
    await admin.create(Secrets, secret("other"));
    await admin.create(ServiceAccounts, account("app"));
    const spec = {
      ...(pod("p")["spec"] as object),
      nodeName: "node-0",
      volumes: [{ name: "v", secret: { secretName: "mine" } }],
    };
    await admin.create(Pods, { ...pod("p"), spec });
    expect((await kubelet.get(Secrets, "mine", "default")).metadata.name).toBe("mine");
    expect((await statusOf(kubelet.get(Secrets, "other", "default"))).reason).toBe("Forbidden");
    expect((await statusOf(kubelet.list(Secrets, { namespace: "default" }))).reason).toBe("Forbidden");
  });

  test("a pod gets its account's token volume, and one without an account is refused", async () => {
    expect(await statusOf(admin.create(Pods, pod("p")))).toMatchObject({ code: 403 });
    await admin.create(ServiceAccounts, account("app"));
    const made = await admin.create(Pods, pod("p"));
    expect(made["spec"]).toMatchObject({
      serviceAccountName: "app",
      volumes: [{ name: expect.stringMatching(/^kube-api-access-/) }],
    });
  });
});

test("time stands still for the server: a watch without news ends by the clock", async () => {
  const stop = new AbortController();
  const watching = (async () => {
    for await (const _ of admin.watch(ConfigMaps, { resourceVersion: "1", signal: stop.signal }));
    return "ended";
  })();
  await clock.advance(seconds(3 * 3600));
  stop.abort();
  expect(await watching.catch(() => "aborted")).toBe("ended");
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
