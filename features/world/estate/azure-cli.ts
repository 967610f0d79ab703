import { MountproofError } from "../../../core/index.ts";
import type { AzureTold } from "../../../fakes/azure/index.ts";

/** What the commands cannot know by themselves: the tenant, and the ids that Azure draws. */
export type AzureAccount = { readonly tenantId: string; readonly clientId: string };

/**
 * Runs a shell script of `az` commands as the CLI would send them: vaults with secrets and policies, an identity with
 * its federated credential. Anything else is refused, so that an example cannot hold a line that no scenario runs.
 */
export async function runAzureScript(
  script: string,
  azure: AzureTold,
  account: AzureAccount,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  for (const line of script.replaceAll("\\\n", " ").split("\n")) {
    const words = line.trim().split(/\s+/);
    if (line.trim() === "" || line.startsWith("#")) continue;
    const at = words.findIndex((word) => word.startsWith("--"));
    const options = optionsOf(words.slice(at), variables);
    await run(words.slice(0, at).join(" "), (name) => options.get(name) ?? "", azure, account);
  }
}

async function run(
  command: string,
  option: (name: string) => string,
  azure: AzureTold,
  { tenantId, clientId }: AzureAccount,
): Promise<void> {
  switch (command) {
    case "az keyvault create": {
      const rbac = option("enable-rbac-authorization") === "true";
      await azure.seed({ vaults: { [option("name")]: { tenant: tenantId, rbac } } });
      return;
    }
    case "az keyvault secret set": {
      const secrets = { [option("name")]: option("value") };
      await azure.seed({ vaults: { [option("vault-name")]: { tenant: tenantId, secrets } } });
      return;
    }
    case "az identity create":
      await azure.seed({ tenants: { [tenantId]: [{ clientId, kind: "userAssigned", isAssigned: false }] } });
      return;
    case "az keyvault set-policy":
      await azure.allow(option("name"), option("spn"), [option("secret-permissions")]);
      return;
    case "az identity federated-credential create":
      await azure.federate(clientId, {
        name: option("name"),
        issuer: option("issuer"),
        subject: option("subject"),
        audiences: [option("audiences")],
      });
      return;
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
