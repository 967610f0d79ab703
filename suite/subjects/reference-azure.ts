import type { Clock } from "../../core/index.ts";
import type { IssuedCertificate, SigningKey } from "../../net/index.ts";
import { pairOfSecrets, referenceProvider } from "./reference-provider.ts";
import type { Parameters, ProviderSubject } from "./subject.ts";

const TENANT = "00000000-1111-2222-3333-444444444444";
const VAULT = "reference";
const IDENTITY = "node-identity";
const VAULT_HOST = `${VAULT}.vault.azure.net`;

/** The Azure provider on a machine whose identity may read a vault: a mount needs neither a token nor a Secret. */
export function azureReference(): ProviderSubject {
  const { values, renewed, ...inputs } = pairOfSecrets(
    "db-password",
    "api-token",
    (...names: string[]): Parameters => ({
      keyvaultName: VAULT,
      tenantId: TENANT,
      useVMManagedIdentity: "true",
      userAssignedIdentityID: IDENTITY,
      objects: `array:\n${names.map((name) => `  - "{objectName: ${name}, objectType: secret}"\n`).join("")}`,
    }),
  );
  // Every case has an Azure of its own; what is slow to make they share.
  let keys: Promise<Keys> | undefined;
  return referenceProvider({
    name: "azure",
    ...inputs,
    start: async (clock, { log }, scope) => {
      const [{ FakeAzure }, { AzureProvider }, { startProvider }, net] = await Promise.all([
        import("../../fakes/azure/index.ts"),
        import("../../providers/azure/index.ts"),
        import("../../providers/kit/index.ts"),
        import("../../net/index.ts"),
      ]);
      keys ??= makeKeys(clock, net);
      const { caPem, tls, signingKey } = await keys;
      const azure = scope.use(
        await new FakeAzure({
          clock,
          tls,
          signingKey,
          seed: {
            tenants: { [TENANT]: [{ clientId: IDENTITY, kind: "userAssigned" }] },
            vaults: {
              [VAULT]: {
                tenant: TENANT,
                accessPolicies: [{ clientId: IDENTITY, secrets: ["get"] }],
                secrets: values,
              },
            },
          },
        }).start(),
      );
      const dialer = net.createDialer({
        resolvers: [net.tableResolver({ [VAULT_HOST]: azure, "169.254.169.254": azure.metadata })],
      });
      return {
        rotate: async () => {
          for (const [name, value] of Object.entries(renewed())) azure.vault(VAULT).setSecret(name, value);
        },
        serve: (socketPath) =>
          startProvider({
            clock,
            log,
            endpoint: socketPath,
            provider: new AzureProvider({ clock, log, dialer, caPem }),
          }),
      };
    },
  });
}

type Keys = { readonly caPem: string; readonly tls: IssuedCertificate; readonly signingKey: SigningKey };

async function makeKeys(clock: Clock, net: typeof import("../../net/index.ts")): Promise<Keys> {
  const authority = await net.createCertificateAuthority({ clock });
  const [tls, signingKey] = await Promise.all([
    authority.issue({ commonName: VAULT_HOST, dnsNames: [VAULT_HOST] }),
    net.createSigningKey(),
  ]);
  return { caPem: authority.certPem, tls, signingKey };
}
