import { afterEach, beforeEach, expect, test } from "vitest";
import { Scope, type VirtualClock } from "../../../../core/index.ts";
import {
  ClusterRoleBindings,
  createKubeClient,
  type KubeClient,
  type KubeObject,
  Pods,
  Secrets,
  ServiceAccounts,
  TokenReviews,
} from "../../../../kube/index.ts";
import { decodeJwt } from "../../../../net/index.ts";
import type { RunningApiServer } from "../index.ts";
import { account, pod, startServerRig, statusOf } from "../testing/server-rig.ts";

let scope: Scope;
let clock: VirtualClock;
let api: RunningApiServer;
let admin: KubeClient;

beforeEach(async () => {
  scope = new Scope("test");
  ({ clock, api, admin } = await startServerRig(scope));
});
afterEach(() => scope[Symbol.asyncDispose]());

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
