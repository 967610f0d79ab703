import type { AzureSeed } from "../../../fakes/azure/index.ts";
import { EXAMPLE_ACCOUNT, type RunningStore, type StoreParts } from "./store.ts";

const LOGIN = "login.microsoftonline.com";
const VAULTS = "*.vault.azure.net";
const METADATA = "169.254.169.254";
/** The ids of `examples/azure`, which Azure would draw. */
const TENANT = "9b1d2f34-5c67-4a8e-9f01-23456789abcd";
const CLIENT = "5e2a7c90-1b3d-4f56-8a7b-c0d1e2f30415";

/** Entra ID and key vaults behind Azure's own names, which trust the cluster's issuer, and the machines' metadata. */
export async function startAzure(parts: StoreParts): Promise<RunningStore> {
  const { clock, journal, scope, authority, names, dialer, cluster, seed } = parts;
  const { FakeAzure } = await import("../../../fakes/azure/index.ts");
  const azure = scope.use(
    await new FakeAzure({
      clock,
      journal,
      dialer,
      control: true,
      issuerCaPem: cluster.issuer.caPem,
      tls: await authority.issue({
        commonName: LOGIN,
        dnsNames: [LOGIN, VAULTS, "localhost"],
        ipAddresses: ["127.0.0.1"],
      }),
    }).start(),
  );
  for (const name of [LOGIN, VAULTS]) names.lead(name, { host: azure.host, port: azure.port });
  names.lead(METADATA, { host: azure.metadata.host, port: azure.metadata.port });
  await azure.seed((seed as AzureSeed | undefined) ?? exampleSeed(cluster.issuer.url));
  return { name: "azure", url: azure.url, hints: [`key vault: my-keyvault, tenant: ${TENANT}, client: ${CLIENT}`] };
}

/** What `examples/azure/azure-setup.sh` does. */
function exampleSeed(issuer: string): AzureSeed {
  const { namespace, name } = EXAMPLE_ACCOUNT;
  const credential = {
    name: "app",
    issuer,
    subject: `system:serviceaccount:${namespace}:${name}`,
    audiences: ["api://AzureADTokenExchange"],
  };
  return {
    tenants: { [TENANT]: [{ clientId: CLIENT, kind: "userAssigned", federatedCredentials: [credential] }] },
    vaults: {
      "my-keyvault": {
        tenant: TENANT,
        accessPolicies: [{ clientId: CLIENT, secrets: ["get"] }],
        secrets: { "db-password": "example-password", "api-key": "example-key" },
      },
    },
  };
}
