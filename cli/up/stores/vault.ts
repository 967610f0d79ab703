import type { VaultSeed } from "../../../fakes/vault/index.ts";
import { tokenReviewer } from "../../../kube/index.ts";
import { exportOf, type RunningStore, type StoreParts } from "./store.ts";

/** The address that stands for Vault in its Endpoints: pods are led from there to where it really listens. */
const VAULT_IP = "10.244.200.10";
const VAULT_PORT = 8200;

/** Vault as its chart would bring it: a ServiceAccount that may review tokens, a Service, and a server behind it. */
export async function startVault({
  clock,
  log,
  journal,
  scope,
  cluster,
  names,
  dialer,
  seed,
}: StoreParts): Promise<RunningStore> {
  const { FakeVault, seedVault } = await import("../../../fakes/vault/index.ts");
  const metadata = { name: "vault", namespace: "vault" };
  await cluster.apply([
    ...tokenReviewer("vault", "vault"),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { ports: [{ name: "http", port: VAULT_PORT }] },
    },
    {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata,
      subsets: [{ addresses: [{ ip: VAULT_IP }], ports: [{ name: "http", port: VAULT_PORT }] }],
    },
  ]);
  const { credentials } = await cluster.configFor("vault", "vault");
  const token = credentials.kind === "token" ? credentials.token : "";
  const running = scope.use(
    await new FakeVault({
      clock,
      log,
      journal,
      dialer,
      control: true,
      inCluster: { token, caPem: cluster.issuer.caPem },
    }).start(),
  );
  names.lead(`${VAULT_IP}:${VAULT_PORT}`, { host: running.host, port: running.port });
  await seedVault(running.admin, seed ?? EXAMPLE_SEED);
  const environment = { VAULT_ADDR: running.url, VAULT_TOKEN: running.rootToken };
  return { name: "vault", url: running.url, hints: [exportOf(environment)], environment };
}

/** What `examples/vault/vault-setup.sh` does, so that its SecretProviderClass works at once. */
const EXAMPLE_SEED: VaultSeed = {
  auth: {
    kubernetes: {
      type: "kubernetes",
      config: { kubernetes_host: "https://kubernetes.default.svc:443" },
      roles: {
        "app-role": {
          bound_service_account_names: "app-service-account",
          bound_service_account_namespaces: "production",
          policies: "app-policy",
          ttl: "24h",
        },
      },
    },
  },
  policies: { "app-policy": 'path "secret/data/myapp/*" {\n  capabilities = ["read"]\n}\n' },
  write: {
    "secret/data/myapp/database": { data: { password: "example-password" } },
    "secret/data/myapp/api": { data: { token: "example-token" } },
  },
};
