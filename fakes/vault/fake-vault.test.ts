import nodeVault from "node-vault";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EmbeddedApiServer, type RunningApiServer } from "../../clusters/embedded/apiserver/index.ts";
import { RealClock, Scope } from "../../core/index.ts";
import { createKubeClient, type KubeClient, type KubeObject, ServiceAccounts } from "../../kube/index.ts";
import { createHttpClient } from "../../net/index.ts";
import { FakeVault, type RunningFakeVault } from "./index.ts";
import { seedVault } from "./seed.ts";

const clock = new RealClock();
let scope: Scope;
let vault: RunningFakeVault;
beforeEach(async () => {
  scope = new Scope("test");
  vault = scope.use(await new FakeVault({ clock, rootToken: "root", control: true }).start());
});
afterEach(() => scope[Symbol.asyncDispose]());

describe("an unmodified client (node-vault)", () => {
  test("writes and reads KV, policies and tokens", async () => {
    const client = nodeVault({ endpoint: vault.url, token: "root" });
    await client.write("secret/data/app", { data: { password: "x" } });
    expect((await client.read("secret/data/app")).data.data).toEqual({ password: "x" });
    await client.addPolicy({ name: "app", rules: 'path "secret/data/app" { capabilities = ["read"] }' });
    const { auth } = await client.tokenCreate({ policies: ["app"], ttl: "1h" });
    const limited = nodeVault({ endpoint: vault.url, token: auth.client_token });
    expect((await limited.read("secret/data/app")).data.data).toEqual({ password: "x" });
    await expect(limited.read("secret/data/other")).rejects.toThrow("permission denied");
  });

  test("makes version 2 of a KV of version 1, which goes on with what it held", async () => {
    const client = nodeVault({ endpoint: vault.url, token: "root" });
    await client.mount({ mount_point: "one", type: "kv" });
    await client.write("one/a/b", { x: "y", n: 1 });
    const tune = (version: string): Promise<{ warnings: string[] }> =>
      client.write("sys/mounts/one/tune", { options: { version } });
    await expect(tune("3")).rejects.toThrow("invalid version provided: 3");
    expect((await tune("2")).warnings).toEqual([
      expect.stringMatching(/^Upgrading mount from version 0 to version 2\. /),
    ]);
    const { data } = await client.read("one/data/a/b");
    expect(data).toMatchObject({ data: { x: "y", n: 1 }, metadata: { version: 1 } });
    await expect(tune("1")).rejects.toThrow("cannot downgrade mount from version 2");
  });

  test("is told that the server is sealed", async () => {
    vault.seal();
    const client = nodeVault({ endpoint: vault.url, token: "root" });
    expect((await client.health()).sealed).toBe(true);
    await expect(client.read("secret/data/app")).rejects.toThrow("Vault is sealed");
    vault.unseal();
    expect((await client.health()).sealed).toBe(false);
  });
});

describe("kubernetes auth against the cluster's own TokenReview", () => {
  let api: RunningApiServer;
  let admin: KubeClient;
  beforeEach(async () => {
    api = scope.use(await new EmbeddedApiServer({ clock }).start());
    admin = scope.use(createKubeClient(api.adminConfig, { clock }));
    for (const name of ["app", "other", "vault"])
      await admin.create(ServiceAccounts, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name, namespace: "default" },
      });
    await admin.raw("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      body: {
        metadata: { name: "vault-reviews" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
        subjects: [{ kind: "ServiceAccount", name: "vault", namespace: "default" }],
      },
    });
    await seedVault(vault.admin, {
      auth: {
        kubernetes: {
          type: "kubernetes",
          config: {
            kubernetes_host: api.url,
            kubernetes_ca_cert: api.caPem,
            token_reviewer_jwt: await tokenOf("vault"),
          },
          roles: {
            app: {
              bound_service_account_names: "app",
              bound_service_account_namespaces: "default",
              audience: "vault",
              token_policies: "app",
              token_ttl: "10m",
            },
          },
        },
      },
      policies: { app: 'path "secret/data/app" { capabilities = ["read"] }' },
      write: { "secret/data/app": { data: { password: "x" } } },
    });
  });

  async function tokenOf(name: string, audiences?: string[]): Promise<string> {
    const request: KubeObject = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name, namespace: "default" },
      spec: { ...(audiences && { audiences }) },
    };
    const made = (await admin.create(ServiceAccounts, request, { subresource: "token" })) as {
      status?: { token: string };
    };
    return made.status?.token ?? "";
  }
  const login = async (jwt: string, role = "app") =>
    await nodeVault({ endpoint: vault.url }).write("auth/kubernetes/login", { role, jwt });

  test("a pod's account gets a token that reads what its policy allows", async () => {
    const { auth } = await login(await tokenOf("app", ["vault"]));
    const client = nodeVault({ endpoint: vault.url, token: auth.client_token });
    expect((await client.read("secret/data/app")).data.data.password).toBe("x");
    await expect(client.read("secret/data/else")).rejects.toThrow("permission denied");
  });

  test.each([
    ["another account", () => tokenOf("other", ["vault"]), "app"],
    ["another audience", () => tokenOf("app", ["elsewhere"]), "app"],
    ["a forged token", async () => `${(await tokenOf("app", ["vault"])).slice(0, -8)}AAAAAAAA`, "app"],
  ])("%s is refused", async (_who, jwt, role) => {
    await expect(login(await jwt(), role)).rejects.toThrow();
  });

  test("an unknown role is refused by name", async () => {
    await expect(login(await tokenOf("app", ["vault"]), "nobody")).rejects.toThrow('invalid role name "nobody"');
  });
});

describe("the control API", () => {
  test("seeds, sets faults, and tells what was asked without a value", async () => {
    const http = scope.use(createHttpClient({ clock }));
    const call = async (method: string, path: string, body?: unknown) => {
      const answer = await http.request({
        method,
        url: `${vault.url}/_mountproof/${path}`,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, value: JSON.parse(answer.body.toString()) };
    };
    expect(
      (await call("POST", "seed", { write: { "secret/data/app": { data: { password: "canary-42" } } } })).status,
    ).toBe(200);
    expect((await call("POST", "seed", { nonsense: 1 })).value.error).toContain("nonsense");
    expect((await call("POST", "faults", { effect: { kind: "explode" } })).status).toBe(400);
    for (const status of [100, 199, 600])
      expect((await call("POST", "faults", { effect: { kind: "status", status } })).status).toBe(400);
    for (const headers of [{ "no name": "x" }, { name: "two\r\nlines" }])
      expect((await call("POST", "faults", { effect: { kind: "status", status: 503, headers } })).status).toBe(400);
    const unmet = { effect: { kind: "hang" }, match: { method: "GetSecretValue" } };
    expect((await call("POST", "faults", unmet)).value.error).toContain("is an HTTP method such as POST");
    expect((await call("DELETE", "faults/x")).value.error).toContain('there is no fault "x"');
    const { value } = await call("POST", "faults", { effect: { kind: "status", status: 503, body: "{}" }, times: 1 });
    const read = () =>
      http.request({ method: "GET", url: `${vault.url}/v1/secret/data/app`, headers: { "x-vault-token": "root" } });
    expect((await read()).status).toBe(503);
    expect((await read()).status).toBe(200);
    expect((await call("GET", "faults")).value).toMatchObject([{ id: value.id, hits: 1 }]);
    expect((await call("DELETE", "faults")).value).toEqual({ removed: 1 });
    const { value: journal } = await call("GET", "journal");
    expect(
      journal.map(({ operation, status }: { operation: string; status: string }) => `${operation} ${status}`),
    ).toEqual(["GET /v1/secret/data/app 503", "GET /v1/secret/data/app 200"]);
    expect(JSON.stringify(journal)).not.toContain("canary-42");
    expect((await call("GET", "nothing")).status).toBe(404);
  });
});
