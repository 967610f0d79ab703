import { MountproofError } from "../../../core/index.ts";
import type { FederatedCredential, RunningFakeAzure } from "../../../fakes/azure/index.ts";

/** What the commands cannot know by themselves: the tenant, and the ids that Azure draws. */
export type AzureAccount = { readonly tenantId: string; readonly clientId: string };

/**
 * Runs a shell script of `az` commands as the CLI would send them: vaults with secrets and policies, an identity with
 * its federated credential. Anything else is refused, so that an example cannot hold a line that no scenario runs.
 */
export function runAzureScript(
  script: string,
  azure: RunningFakeAzure,
  account: AzureAccount,
  variables: Readonly<Record<string, string>>,
): void {
  for (const line of script.replaceAll("\\\n", " ").split("\n")) {
    const words = line.trim().split(/\s+/);
    if (line.trim() === "" || line.startsWith("#")) continue;
    const at = words.findIndex((word) => word.startsWith("--"));
    const options = optionsOf(words.slice(at), variables);
    run(words.slice(0, at).join(" "), (name) => options.get(name) ?? "", azure, account);
  }
}

function run(
  command: string,
  option: (name: string) => string,
  { state }: RunningFakeAzure,
  { tenantId, clientId }: AzureAccount,
): void {
  switch (command) {
    case "az keyvault create":
      state.addVault(option("name"), tenantId).access.isRbac = option("enable-rbac-authorization") === "true";
      return;
    case "az keyvault secret set":
      state.vault(option("vault-name")).setSecret(option("name"), option("value"));
      return;
    case "az identity create":
      state.directory.put(tenantId, { clientId, kind: "userAssigned", isAssigned: false });
      return;
    case "az keyvault set-policy": {
      const { objectId } = state.directory.identity(option("spn"));
      state.vault(option("name")).access.policies.push({ objectId, secrets: [option("secret-permissions")] });
      return;
    }
    case "az identity federated-credential create": {
      const credential: FederatedCredential = {
        name: option("name"),
        issuer: option("issuer"),
        subject: option("subject"),
        audiences: [option("audiences")],
      };
      state.directory.identity(clientId).federatedCredentials.push(credential);
      return;
    }
    default:
      throw new MountproofError("unsupported", {
        message: `the example's command "${command}" is not run by any scenario`,
      });
  }
}

function optionsOf(words: readonly string[], variables: Readonly<Record<string, string>>): Map<string, string> {
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const value = (words[at + 1] ?? "").replace(/^"?\$([A-Z_]+)"?$/, (_, name: string) => variables[name] ?? "");
    options.set((words[at] ?? "").replace(/^--/, ""), value);
  }
  return options;
}
