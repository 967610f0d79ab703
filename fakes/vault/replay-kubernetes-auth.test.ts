import { afterAll, describe, expect, it } from "vitest";
import { EmbeddedApiServer } from "../../clusters/embedded/apiserver/index.ts";
import { type Clock, RealClock, Scope, seconds } from "../../core/index.ts";
import { createKubeClient, type KubeObject, ServiceAccounts } from "../../kube/index.ts";
import { createCertificateAuthority } from "../../net/index.ts";
import { ClusterAccess } from "./core/cluster-access.ts";
import { OPENBAO } from "./dialect.ts";
import { differences } from "./testing/compare.ts";
import { LocalVault } from "./testing/local.ts";
import { headerOf, readRecording } from "./testing/recording.ts";

describe("the recorded conversation over kubernetes auth, replayed with a cluster of its own", async () => {
  const scope = new Scope("replay");
  afterAll(() => scope[Symbol.asyncDispose]());
  const vault = new LocalVault({
    dialect: OPENBAO,
    cluster: (clock) => scope.use(new ClusterAccess(clock, undefined, {})),
  });
  const cluster = await startCluster(scope, vault.clock);
  /** What the script's variables hold. */
  const variables = new Map<string, string>([
    ["VT", "root"],
    ["RT", await cluster.tokenOf("default", "vault")],
    ["T1", await cluster.tokenOf("production", "app-service-account")],
    ["TV", await cluster.tokenOf("production", "app-service-account", ["vault"])],
    ["T2", await cluster.tokenOf("production", "another")],
    ["T3", await cluster.tokenOf("staging", "app-service-account")],
  ]);
  const bindings = new Map<string, string>();

  for (const { step, command, exchanges } of readRecording("kubernetes-auth"))
    for (const exchange of exchanges) {
      const variable = headerOf(exchange.command, "X-Vault-Token")?.slice(1);
      const jwt = /"jwt\\?":\\?"'\$(\w+)'(x?)/.exec(exchange.command);
      const body = (exchange.body ?? "")
        .replace("https://kubernetes.default.svc", cluster.url)
        .replace("<ca>", JSON.stringify(cluster.caPem).slice(1, -1))
        .replace("<jwt>", jwt === null ? (variables.get("RT") ?? "") : `${variables.get(jwt[1] ?? "")}${jwt[2]}`);
      const answer = await vault.call(exchange.method, exchange.url.replace(/^\/v1\//, ""), {
        token: variable === undefined ? null : (variables.get(variable) ?? `there is no $${variable}`),
        text: body,
        ...(exchange.contentType !== undefined && { headers: { "content-type": exchange.contentType } }),
      });
      // What the shell did with the answer: TOK=$(curl …), and the pause after it.
      const assigned = /^(\w+)=\$\($/.exec(command.split("curl")[0]?.trim() ?? "")?.[1];
      if (assigned !== undefined && exchange === exchanges[0])
        variables.set(assigned, String(answer.json?.auth?.client_token ?? ""));
      await vault.clock.advance(seconds(Number(/sleep (\d+)/.exec(exchange.command)?.[1] ?? 0)) + 10);
      it(`step ${step}: ${exchange.method} ${exchange.url}`, () => {
        expect(answer.status).toBe(exchange.status);
        expect(differences(exchange.answer, answer.json, bindings)).toEqual([]);
      });
    }
});

/** The accounts of the recording's cluster, and one that may review tokens. */
async function startCluster(scope: Scope, clock: Clock) {
  // Certificates are checked against this machine's time.
  const authority = await createCertificateAuthority({ clock: new RealClock() });
  const { adminConfig, url, caPem } = scope.use(await new EmbeddedApiServer({ clock, authority }).start());
  const admin = scope.use(createKubeClient(adminConfig, { clock }));
  for (const name of ["production", "staging"])
    await admin.raw("POST", "/api/v1/namespaces", { body: { metadata: { name } } });
  for (const [namespace, name] of [
    ["default", "vault"],
    ["production", "app-service-account"],
    ["production", "another"],
    ["staging", "app-service-account"],
  ] as const)
    await admin.create(ServiceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
  await admin.raw("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata: { name: "vault-reviews" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name: "vault", namespace: "default" }],
    },
  });
  const tokenOf = async (namespace: string, name: string, audiences: readonly string[] = []): Promise<string> => {
    const made = await admin.create(
      ServiceAccounts,
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: { name, namespace },
        spec: { audiences },
      } as KubeObject,
      { subresource: "token" },
    );
    return (made["status"] as { token: string }).token;
  };
  return { url, caPem, tokenOf };
}
