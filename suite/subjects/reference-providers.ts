import { randomBytes } from "node:crypto";
import type { Layout } from "../layout.ts";
import { awsReference } from "./reference-aws.ts";
import { azureReference } from "./reference-azure.ts";
import { gcpReference } from "./reference-gcp.ts";
import { referenceProvider } from "./reference-provider.ts";
import type { ProviderSubject } from "./subject.ts";

/** The providers of this project that PROVIDER-GRPC examines when no other is given: one line a store. */
export function referenceProviders(_layout: Layout): readonly ProviderSubject[] {
  return [vaultReference(), awsReference(), azureReference(), gcpReference()];
}

function vaultReference(): ProviderSubject {
  const secret = (): string => randomBytes(12).toString("hex");
  const [password, token] = [secret(), secret()];
  const object = (name: string, path: string, key: string): string =>
    `- objectName: "${name}"\n  secretPath: "${path}"\n  secretKey: "${key}"\n`;
  const first = object("db-password", "secret/data/app", "password");
  const second = object("api-token", "secret/data/app", "token");
  return referenceProvider({
    name: "vault",
    parameters: [
      { roleName: "app", objects: first + second },
      { roleName: "app", objects: second },
    ],
    missing: { roleName: "app", objects: first + object("absent", "secret/data/absent", "password") },
    secretValues: {
      values: [password, token],
      byPath: new Map([
        ["db-password", password],
        ["api-token", token],
      ]),
    },
    start: async (clock, { log }, scope) => {
      const [{ EmbeddedApiServer }, { FakeVault, seedVault }, { VaultProvider }, { startProvider }] = await Promise.all(
        [
          import("../../clusters/embedded/apiserver/index.ts"),
          import("../../fakes/vault/index.ts"),
          import("../../providers/vault/index.ts"),
          import("../../providers/kit/index.ts"),
        ],
      );
      const vault = scope.use(await new FakeVault({ clock, log }).start());
      await seedVault(vault.admin, {
        policies: { app: 'path "secret/data/*" { capabilities = ["read"] }' },
        write: { "secret/data/app": { data: { password, token } } },
      });
      const { auth } = (await vault.admin.write("auth/token/create", { policies: ["app"] })) as {
        auth: { client_token: string };
      };
      // Versions are made with a key that the provider keeps as a Secret.
      const api = scope.use(await new EmbeddedApiServer({ clock, log }).start());
      return {
        rotate: async () => {
          await vault.admin.write("secret/data/app", { data: { password: secret(), token: secret() } });
        },
        // Whom Vault lets in is the business of the Vault cases: here the provider has a token.
        serve: (socketPath) =>
          startProvider({
            clock,
            log,
            endpoint: socketPath,
            provider: new VaultProvider({
              clock,
              log,
              vaultAddress: vault.url,
              kubeConfig: api.adminConfig,
              namespace: "kube-system",
              environment: { VAULT_TOKEN: auth.client_token },
            }),
          }),
      };
    },
  });
}
